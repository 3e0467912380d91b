using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Handover.Core.Contracts.Queries;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Contracts.Queries;

/// <summary>
/// JMESPath as its specification has it, case by case, and the bounds that it does not have.
/// </summary>
public sealed class JmesQueryTests
{
    private const string Stones = """
        {"stones":[{"id":"a","carat":0.3,"price":350,"cut":"Ideal"},{"id":"b","carat":1.5,"price":9000,"cut":"Good"},
        {"id":"c","carat":0.9,"price":3100,"cut":null}],"model":{"name":"quote","version":"2"},"empty":[],"a b":7,
        "big":12345678901234567890,"exact":1.50,"nested":[[1,2],[3],4]}
        """;

    [Theory]
    [InlineData("model.name", "\"quote\"")]
    [InlineData("\"a b\"", "7")]
    [InlineData("nobody.there", "null")]
    [InlineData("stones[0].id", "\"a\"")]
    [InlineData("stones[-1].id", "\"c\"")]
    [InlineData("stones[3]", "null")]
    [InlineData("stones[*].price", "[350,9000,3100]")]
    [InlineData("stones[*].cut", "[\"Ideal\",\"Good\"]")]
    [InlineData("stones[1:].id", "[\"b\",\"c\"]")]
    [InlineData("stones[::-1].id", "[\"c\",\"b\",\"a\"]")]
    [InlineData("stones[5:0:-2].id", "[\"c\"]")]
    [InlineData("stones[?price > `1000`].id", "[\"b\",\"c\"]")]
    [InlineData("stones[?cut == 'Ideal' || price >= `9000`].id | [1]", "\"b\"")]
    [InlineData("stones[?!cut].id", "[\"c\"]")]
    [InlineData("stones[].id | length(@)", "3")]
    [InlineData("nested[]", "[1,2,3,4]")]
    [InlineData("nested[][]", "[1,2,3,4]")]
    [InlineData("model.*", "[\"quote\",\"2\"]")]
    [InlineData("{price: stones[0].price, by: model.name}", """{"price":350,"by":"quote"}""")]
    [InlineData("stones[*].[id, carat]", """[["a",0.3],["b",1.5],["c",0.9]]""")]
    [InlineData("stones[*].{i: id}", """[{"i":"a"},{"i":"b"},{"i":"c"}]""")]
    [InlineData("model.[name, nothing]", "[\"quote\",null]")]
    [InlineData("nothing.[name]", "null")]
    [InlineData("sort_by(stones, &price)[*].id", "[\"a\",\"c\",\"b\"]")]
    [InlineData("max_by(stones, &carat).id", "\"b\"")]
    [InlineData("min_by(stones, &carat).id", "\"a\"")]
    [InlineData("sum(stones[*].price)", "12450")]
    [InlineData("avg(empty)", "null")]
    [InlineData("sum(empty)", "0")]
    [InlineData("map(&price, stones)", "[350,9000,3100]")]
    [InlineData("map(&cut, stones)", "[\"Ideal\",\"Good\",null]")]
    [InlineData("join(', ', stones[*].id)", "\"a, b, c\"")]
    [InlineData("contains(stones[*].id, 'b') && !contains('abc', 'd')", "true")]
    [InlineData("to_number('2.5')", "2.5")]
    [InlineData("to_number('x')", "null")]
    [InlineData("to_string(nested)", "\"[[1,2],[3],4]\"")]
    [InlineData("to_array(model.name)", "[\"quote\"]")]
    [InlineData("merge(model, {version: '3'})", """{"name":"quote","version":"3"}""")]
    [InlineData("not_null(nothing, model.version)", "\"2\"")]
    [InlineData("keys(model)", "[\"name\",\"version\"]")]
    [InlineData("values(model)", "[\"quote\",\"2\"]")]
    [InlineData("type(stones)", "\"array\"")]
    [InlineData("reverse('añb')", "\"bña\"")]
    [InlineData("reverse(nested)", "[4,[3],[1,2]]")]
    [InlineData("starts_with(model.name, 'qu') && ends_with(model.name, 'te')", "true")]
    [InlineData("[abs(`-1`), ceil(`1.2`), floor(`-1.2`)]", "[1,2,-2]")]
    [InlineData("[big, exact]", "[12345678901234567890,1.50]")]
    [InlineData("`{\"a\":[1, 2.50]}`", """{"a":[1,2.50]}""")]
    [InlineData("'it\\'s'", "\"it's\"")]
    [InlineData("@.model.name == model.name", "true")]
    [InlineData("stones[0] == stones[0] && stones[0] != stones[1]", "true")]
    [InlineData("price < 'a'", "null")]
    [InlineData("(stones[*])[0].id", "\"a\"")]
    public void An_expression_finds_what_the_specification_says(string expression, string expected) =>
        Assert.Equal(expected, Run(expression, Stones));

    [Theory]
    [InlineData("", "column 1: the expression ends too early")]
    [InlineData("stones[", "column 8: the expression ends too early")]
    [InlineData("stones.", "column 8: the expression ends too early")]
    [InlineData("stones[*", "column 9: the expression ends too early")]
    [InlineData("a b", "column 3: 'b' is out of place")]
    [InlineData("a ? b", "column 3: '?' means nothing here")]
    [InlineData("'open", "column 1: the ' is never closed")]
    [InlineData("`{a`", "column 1: this is not JSON:")]
    [InlineData("upper(a)", "column 1: there is no function 'upper'")]
    [InlineData("length(a, b)", "column 1: length takes 1 arguments, got 2")]
    [InlineData("sort_by(a, b)", "column 1: argument 2 of sort_by is an expression: write it with &")]
    [InlineData("length(&a)", "column 1: argument 1 of length is a value, not an expression with &")]
    [InlineData("a[::0]", "column 3: a slice cannot have a step of 0")]
    [InlineData("a[99999999999]", "column 3: '99999999999' is not a whole number that an index can be")]
    public void What_is_no_expression_is_refused_with_its_column(string expression, string why)
    {
        Result<JmesQuery> query = JmesQuery.Compile(expression);
        Assert.False(query.Ok);
        Assert.StartsWith(why, Assert.Single(query.Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abs(model)", "abs needs a number, got map")]
    [InlineData("sort(nested)", "sort needs numbers only, or texts only")]
    [InlineData("sum(stones)", "sum needs a list of numbers, got list")]
    [InlineData("join('', model)", "join needs a list of texts, got map")]
    [InlineData("avg([`1e308`, `1e308`])", "the query makes Infinity, which JSON does not have")]
    public void A_value_that_a_function_does_not_take_ends_it(string expression, string why)
    {
        Problem? problem = Evaluate(expression, Stones, 10_000, 10_000, out _);
        Assert.Equal(("jmespath-failed", why), (problem?.Code, problem?.Message));
    }

    [Fact]
    public void A_query_that_doubles_what_it_has_is_stopped_by_bytes_and_one_that_looks_again_by_steps()
    {
        string doubling = string.Join(" | ", Enumerable.Repeat("[@, @]", 60));
        Assert.Equal("jmespath-bounds", Evaluate(doubling, Stones, 100_000, 100_000, out _)?.Code);
        string deep = string.Concat(Enumerable.Repeat("map(&", 4)) + "@" + string.Concat(Enumerable.Repeat(", @)", 4));
        string list = $"[{string.Join(',', Enumerable.Repeat("[[[1,2,3,4]]]", 2000))}]";
        Assert.Equal("jmespath-bounds", Evaluate(deep, list, 10_000, 100_000, out _)?.Code);
        Assert.Null(Evaluate(deep, list, 100_000, 100_000, out _));
        Assert.False(JmesQuery.Compile(new string('(', 5000)).Ok);
        Assert.False(JmesQuery.Compile(string.Concat(Enumerable.Repeat("!", 500)) + "a").Ok);
        Assert.False(JmesQuery.Compile("a" + string.Concat(Enumerable.Repeat(".a", 3000))).Ok);
    }

    internal static string Run(string expression, string document)
    {
        Problem? problem = Evaluate(expression, document, 1_000_000, 1_000_000, out string found);
        Assert.True(problem is null, problem?.Message);
        return found;
    }

    internal static Problem? Evaluate(string expression, string document, long steps, long bytes, out string found)
    {
        Result<JmesQuery> query = JmesQuery.Compile(expression);
        Assert.True(query.Ok, query.Ok ? "" : query.Problems[0].Message);
        using JsonDocument json = JsonDocument.Parse(document);
        var buffer = new ArrayBufferWriter<byte>();
        Problem? problem;
        using (
            var writer = new Utf8JsonWriter(
                buffer,
                new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            problem = query.Value.Evaluate(json.RootElement, writer, steps, bytes);
        }

        found = Encoding.UTF8.GetString(buffer.WrittenSpan);
        return problem;
    }
}
