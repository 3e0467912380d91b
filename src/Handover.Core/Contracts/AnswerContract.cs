using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Contracts.Pacts;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// A contract made ready to check live answers: compiled once, asked for every answer. It is the one way from the bytes
/// of an answer to a violation, whatever the contract was written in. Safe for any number of readers at a time.
/// </summary>
public sealed class AnswerContract
{
    private readonly Signature _accepts;
    private readonly WireProtocol _protocol;
    private readonly JsonSchema? _schema;
    private readonly PactFile? _pact;

    private AnswerContract(string reader, Signature accepts, WireProtocol protocol, JsonSchema? schema, PactFile? pact)
    {
        Reader = reader;
        _accepts = accepts;
        _protocol = protocol;
        _schema = schema;
        _pact = pact;
    }

    /// <summary>Whose contract it is: the consumer's name, or the release's for its own declaration.</summary>
    public string Reader { get; }

    /// <summary>Makes a contract ready, or says what is wrong with its document.</summary>
    /// <param name="reader">Whose contract it is.</param>
    /// <param name="accepts">What is accepted.</param>
    /// <param name="protocol">How the service's answers are written; schemas judge the JSON as it is.</param>
    public static Result<AnswerContract> Compile(string reader, Signature accepts, WireProtocol protocol)
    {
        if (accepts.Document is not { } document)
        {
            return new AnswerContract(reader, accepts, protocol, null, null);
        }

        if (document.Kind == ContractDocumentKind.Pact)
        {
            Result<PactFile> pact = PactFile.Read(Encoding.UTF8.GetBytes(document.Text));
            return pact.Ok
                ? new AnswerContract(reader, accepts, protocol, null, pact.Value)
                : Result<AnswerContract>.Failed([.. pact.Problems.Select(p => p with { File = document.File })]);
        }

        Result<JsonSchema> schema = JsonSchema.Compile(Encoding.UTF8.GetBytes(document.Text), Options(document));
        return schema.Ok
            ? new AnswerContract(reader, accepts, protocol, schema.Value, null)
            : Result<AnswerContract>.Failed([.. schema.Problems.Select(p => p with { File = document.File })]);
    }

    /// <summary>
    /// The first thing that is wrong with an answer; null when the contract accepts it. An answer that cannot be read
    /// is a violation. Under a schema a valid answer costs no memory.
    /// </summary>
    /// <param name="answer">The body of a 2xx answer.</param>
    /// <param name="request">
    /// The body of its request, which says which examples of a Pact file apply; empty: any of them may fit.
    /// </param>
    /// <param name="status">Its status, which a Pact file may name.</param>
    public ContractViolation? First(
        ReadOnlySpan<byte> answer,
        ReadOnlySpan<byte> request = default,
        int status = 200
    ) =>
        _pact is { } pact
            ? pact.First(answer, request, status) is { } no
                ? new(Reader, no.Path, "pact", no.Why)
                : null
            : _schema is null
                ? Tensors(answer)
                : _schema.Validate(answer) is { } found
                    ? new(Reader, found.Path, found.Rule, found.Detail)
                    : null;

    internal static SchemaOptions Options(ContractDocument document) =>
        new() { Address = new Uri(new Uri("handover:/"), Uri.EscapeDataString(document.File)) };

    private ContractViolation? Tensors(ReadOnlySpan<byte> answer)
    {
        Result<TypedAnswer> read = AnswerReader.Read(_protocol, answer);
        if (!read.Ok)
        {
            return new ContractViolation(Reader, "", "document", $"the answer cannot be read: {read.Problems[0]}");
        }

        foreach (TensorSpec spec in _accepts.Tensors)
        {
            AnswerFinding? finding =
                read.Value.Find(spec.Name) is { } tensor ? new TensorViolation(spec).First(tensor)
                : spec.Optional ? null
                : new AnswerFinding(spec.Name, ContractRule.Presence, $"output {spec.Name} is missing");
            if (finding is not null)
            {
                string rule = finding.Rule.ToString().ToLowerInvariant();
                return new ContractViolation(Reader, $"/outputs/{spec.Name}", rule, finding.Detail);
            }
        }

        return null;
    }
}

/// <summary>The first thing that is wrong with an answer.</summary>
/// <param name="Reader">Whose contract it breaks.</param>
/// <param name="Path">RFC 6901 pointer: into the answer for schemas, <c>/outputs/NAME</c> for tensors.</param>
/// <param name="Rule">The keyword or rule that refused, e.g. <c>maximum</c>, <c>range</c>.</param>
/// <param name="Detail">One sentence for people.</param>
public sealed record ContractViolation(string Reader, string Path, string Rule, string Detail);
