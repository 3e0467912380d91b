using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Handover.Testkit.Grpc;

/// <summary>
/// A model server that speaks Open Inference over gRPC on a real socket, made with the stock server library, so that
/// the gateway meets somebody else's idea of the protocol. It keeps its own log.
/// </summary>
public sealed class GrpcModelFake : GRPCInferenceService.GRPCInferenceServiceBase, IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcModelFake(string release, WebApplication app) => (Release, _app) = (release, app);

    /// <summary>The release that it believes to be.</summary>
    public string Release { get; }

    /// <summary>Its address.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>What it answers; the default is one FP32 output that is the sum of the first input.</summary>
    public Func<ModelInferRequest, ServerCallContext, Task<ModelInferResponse>>? Behaviour { get; set; }

    /// <summary>What it was asked: request id of the gateway, purpose, message.</summary>
    public ConcurrentQueue<GrpcModelCall> Log { get; } = new();

    /// <summary>Starts one on a port of the system's choice.</summary>
    public static async Task<GrpcModelFake> StartAsync(string release, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, o => o.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.AddGrpc();
        GrpcModelFake? fake = null;
        builder.Services.AddSingleton(_ => fake!);
        WebApplication app = builder.Build();
        fake = new GrpcModelFake(release, app);
        app.UseRouting();
        app.MapGrpcService<GrpcModelFake>();
        await app.StartAsync();
        IServerAddressesFeature bound = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!;
        fake.Address = new Uri(bound.Addresses.First());
        return fake;
    }

    /// <summary>The answer of one number.</summary>
    public ModelInferResponse Answer(ModelInferRequest request, float price)
    {
        var output = new InferTensor { Name = "price", Datatype = "FP32" };
        output.Shape.Add(1);
        output.Contents = new InferTensorContents();
        output.Contents.Fp32Contents.Add(price);
        var answer = new ModelInferResponse
        {
            ModelName = request.ModelName,
            ModelVersion = Release,
            Id = request.Id,
        };
        answer.Outputs.Add(output);
        return answer;
    }

    /// <inheritdoc/>
    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        string Header(string name) => context.RequestHeaders.GetValue(name) ?? "";
        Log.Enqueue(
            new GrpcModelCall(
                request,
                Header("handover-request-id"),
                Header("handover-purpose"),
                context.RequestHeaders
            )
        );
        if (Behaviour is { } behaviour)
        {
            return await behaviour(request, context);
        }

        context.ResponseTrailers.Add("x-model", Release);
        return Answer(request, request.Inputs.Count == 0 ? 0 : request.Inputs[0].Contents.Fp32Contents.Sum());
    }

    /// <summary>What it says of its model; null when it knows none.</summary>
    public ModelMetadataResponse? Metadata { get; set; }

    /// <summary>Whether it says that it is ready.</summary>
    public bool Ready { get; set; } = true;

    /// <inheritdoc/>
    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = Ready });

    /// <inheritdoc/>
    public override Task<ModelMetadataResponse> ModelMetadata(
        ModelMetadataRequest request,
        ServerCallContext context
    ) =>
        Metadata is { } known && known.Name == request.Name
            ? Task.FromResult(known)
            : throw new RpcException(new Status(StatusCode.NotFound, $"no model {request.Name}"));

    /// <summary>Metadata of one FP32 input and one output.</summary>
    public static ModelMetadataResponse Describe(string model, string input, string output)
    {
        var said = new ModelMetadataResponse { Name = model };
        said.Inputs.Add(Tensor(input));
        said.Outputs.Add(Tensor(output));
        return said;

        static ModelMetadataResponse.Types.TensorMetadata Tensor(string name)
        {
            var tensor = new ModelMetadataResponse.Types.TensorMetadata { Name = name, Datatype = "FP32" };
            tensor.Shape.Add(-1);
            return tensor;
        }
    }

    /// <inheritdoc/>
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = request.Name == "price" });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var at = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(at.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>One call as the model server saw it.</summary>
/// <param name="Request">The message.</param>
/// <param name="RequestId">The gateway's request id.</param>
/// <param name="Purpose">Why it was asked.</param>
/// <param name="Metadata">All metadata.</param>
public sealed record GrpcModelCall(ModelInferRequest Request, string RequestId, string Purpose, Metadata Metadata);
