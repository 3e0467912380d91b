using CsCheck;
using Handover.Core.Foundation;
using Xunit;

namespace Handover.Tests.Ledger;

/// <summary>The key's header, by RFC 9651.</summary>
public sealed class StructuredStringTests
{
    [Theory]
    [InlineData("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324")]
    [InlineData("\"\"", "")]
    [InlineData("  \"a b\"  ", "a b")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("\"a\";v=1;w", "a")]
    [InlineData("\"a\"; v=\"x;y\"", "a")]
    [InlineData("\"a\";*k=?1", "a")]
    public void A_string_is_read(string field, string text) => Assert.Equal(text, StructuredString.Parse(field));

    [Theory]
    [InlineData("")]
    [InlineData("8e03978e")]
    [InlineData("'a'")]
    [InlineData("\"a")]
    [InlineData("\"a\\\"")]
    [InlineData("\"a\\b\"")]
    [InlineData("\"a\tb\"")]
    [InlineData("\"\u00fc\"")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("\"a\" b")]
    [InlineData("\"a\";")]
    [InlineData("\"a\";=1")]
    [InlineData("\"a\";v=")]
    [InlineData("\"a\";V=1")]
    public void Anything_else_is_not(string field) => Assert.Null(StructuredString.Parse(field));

    [Fact]
    public void What_is_written_is_read_back() =>
        Gen.Char[' ', '~']
            .Array[0, 40]
            .Select(c => new string(c))
            .Sample(text => Assert.Equal(text, StructuredString.Parse(StructuredString.Write(text))));
}
