# A caller in another language, with another library of gRPC (its core is in C): raw messages, so that no generated code
# stands between it and the wire. Prints one line for each thing that it was told.
import sys
import grpc

SERVICE = "/inference.GRPCInferenceService/"


def ask(channel, method, message=b"", timeout=10, customer="c-1"):
    call = channel.unary_unary(SERVICE + method)
    try:
        answer, done = call.with_call(message, timeout=timeout, metadata=(("x-customer-id", customer),))
        release = dict(done.initial_metadata()).get("handover-release", "")
        trailer = dict(done.trailing_metadata()).get("x-model", "")
        return f"OK {len(answer)} {release} {trailer}"
    except grpc.RpcError as e:
        problem = dict(e.initial_metadata() or ()).get("handover-problem", "") or dict(
            e.trailing_metadata() or ()
        ).get("handover-problem", "")
        return f"{e.code().name} {e.details()} {problem}".strip()


def stream(channel, message):
    call = channel.stream_stream(SERVICE + "ModelStreamInfer")
    try:
        return f"OK {len(list(call(iter([message]), timeout=10)))}"
    except grpc.RpcError as e:
        return e.code().name


with grpc.insecure_channel(sys.argv[1]) as channel:
    infer = bytes.fromhex(sys.argv[2])
    large = bytes.fromhex(sys.argv[3])
    print("infer", ask(channel, "ModelInfer", infer))
    print("ready", ask(channel, "ModelReady", b"\x0a\x05price"))
    print("metadata", ask(channel, "ModelMetadata", b"\x0a\x05price"))
    print("unknown", ask(channel, "ModelMetadata", b"\x0a\x05other"))
    print("late", ask(channel, "ModelInfer", infer, timeout=0.3, customer="slow"))
    print("large", ask(channel, "ModelInfer", large + bytes(int(sys.argv[4]))))
    print("stream", stream(channel, infer))
    print("again", ask(channel, "ModelInfer", infer))
