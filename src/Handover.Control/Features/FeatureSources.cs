using System.Globalization;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Control.Features;

/// <summary>Asks whoever a feature view names as its source: a file, or a Feast-compatible store.</summary>
public sealed class FeatureSources : IFeatureSourcePort, IIndexSourcePort, IDisposable
{
    internal const int MostBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly string _directory;
    private readonly UrlPolicy _policy;
    private readonly HttpClient _http;

    /// <summary>Sources whose files lie in the configuration directory.</summary>
    public FeatureSources(string directory, UrlPolicy policy)
    {
        _directory = directory;
        _policy = policy;
        _http = new HttpClient(policy.CreateHandler())
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostBytes,
        };
    }

    /// <inheritdoc/>
    public async Task<Result<FeatureReading>> ReadAsync(
        string view,
        FeatureViewVersion version,
        CancellationToken cancel
    ) =>
        version.Source switch
        {
            FeatureSource.File file => FeatureFile.Read(_directory, file.Path, view, version.Version),
            FeatureSource.Store store => await AskAsync(
                FeastProtocol.Request(store, view, version),
                root => FeastProtocol.Read(root, store, view, version),
                cancel
            ),
            _ => new Problem("no-source", $"version {version.Version} of {view} names no source."),
        };

    /// <inheritdoc/>
    public Task<Result<VectorReading>> ReadAsync(Uri url, CancellationToken cancel) =>
        AskAsync(new HttpRequestMessage(HttpMethod.Get, url), IndexDocument.Read, cancel);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<Result<T>> AskAsync<T>(
        HttpRequestMessage request,
        Func<JsonElement, Result<T>> read,
        CancellationToken cancel
    )
    {
        using HttpRequestMessage asked = request;
        Uri url = request.RequestUri!;
        if (_policy.Check(url) is { } refused)
        {
            return refused;
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(Patience);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, bound.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return Unreachable(url, $"it answered {(int)answer.StatusCode}");
            }

            byte[] body = await answer.Content.ReadAsByteArrayAsync(bound.Token);
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 16 });
            return read(document.RootElement);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return Unreachable(url, e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            string seconds = Patience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            return Unreachable(url, $"it did not answer within {seconds} s");
        }
    }

    private static Problem Unreachable(Uri url, string why) =>
        new("source-unreachable", $"{url.GetLeftPart(UriPartial.Path)}: {why}");
}
