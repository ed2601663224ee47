# python client.py HTTP GRPC PICTURE.png
# What Triton's own client needs of a VitGrid server without keys, over HTTP and over gRPC, synchronous and asyncio. HTTP and GRPC are
# addresses without a scheme. Stops at the first thing that is not as it must be.
import asyncio
import base64
import json
import sys
import time
import urllib.request

import numpy
import tritonclient.grpc as over_grpc
import tritonclient.grpc.aio as over_grpc_aio
import tritonclient.http as over_http
import tritonclient.http.aio as over_http_aio
from tritonclient.utils import InferenceServerException

http_url, grpc_url, picture = sys.argv[1:]
model = "internvit-nano"
with open(picture, "rb") as file:
    image = file.read()
images = numpy.array([[image], [image]], dtype=numpy.object_)


def expected():
    """The vector as the first protocol gives it."""
    request = urllib.request.Request(
        f"http://{http_url}/v1/embeddings", data=image, headers={"Content-Type": "image/png"})
    with urllib.request.urlopen(request) as answer:
        return numpy.array(json.load(answer)["data"][0]["embedding"], dtype=numpy.float32)


def refused(call, status, *words):
    try:
        call()
    except InferenceServerException as error:
        assert str(error.status()).endswith(status), (error.status(), status)
        assert all(word in str(error) for word in words), (str(error), words)
        return
    raise AssertionError(f"nothing was refused; expected {status}")


def tensor(kind, values=images):
    made = kind.InferInput("image", list(values.shape), "BYTES")
    made.set_data_from_numpy(values)
    return made


def same(result, rows=2):
    vectors = result.as_numpy("embedding")
    assert vectors.shape == (rows, 192) and vectors.dtype == numpy.float32, (vectors.shape, vectors.dtype)
    for row in vectors:
        assert numpy.array_equal(row, vector)


vector = expected()
for name, kind, client in (
        ("http", over_http, over_http.InferenceServerClient(http_url)), ("grpc", over_grpc, over_grpc.InferenceServerClient(grpc_url))):
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready(model) and client.is_model_ready(model, "1")
    told = {"as_json": True} if kind is over_grpc else {}
    assert client.get_server_metadata(**told)["name"] == "vitgrid"
    metadata = client.get_model_metadata(model, **told)
    assert [one["name"] for one in metadata["outputs"]] == ["embedding", "last_hidden_state"], metadata
    config = client.get_model_config(model, **told)
    assert int(config.get("config", config)["max_batch_size"]) == 256, config
    index = client.get_model_repository_index(**told)
    index = index["models"] if kind is over_grpc else index
    assert [(row["name"], row["state"]) for row in index] == [(model, "READY")], index
    client.load_model(model)
    missing, conflict, wrong = ("NOT_FOUND", "FAILED_PRECONDITION", "INVALID_ARGUMENT") if kind is over_grpc else ("404", "409", "400")
    refused(lambda: client.unload_model(model), conflict, "not unloaded")
    refused(lambda: client.infer("other", [tensor(kind)]), missing, "'other'")
    same(client.infer(model, [tensor(kind)], request_id="seven"))
    same(client.infer(model, [tensor(kind)], model_version="1", timeout=2_000_000))
    same(client.infer(model, [tensor(kind, images[:1])], parameters={"cache": "bypass", "pooling": "cls"}), 1)
    compressions = {"compression_algorithm": "gzip"}, {"compression_algorithm": "deflate"}
    if kind is over_http:
        compressions = ({"request_compression_algorithm": "gzip", "response_compression_algorithm": "gzip"},
                        {"request_compression_algorithm": "deflate", "response_compression_algorithm": "deflate"})
    for compression in compressions:
        same(client.infer(model, [tensor(kind)], **compression))
    wanted = [kind.InferRequestedOutput("last_hidden_state"), kind.InferRequestedOutput("embedding")]
    both = client.infer(model, [tensor(kind)], outputs=wanted)
    same(both)
    states = both.as_numpy("last_hidden_state")
    assert states.shape[0] == 2 and states.shape[2] == 192 and numpy.isfinite(states).all(), states.shape
    refused(lambda: client.infer(model, [tensor(kind)], outputs=[kind.InferRequestedOutput("embedding", class_count=3)]), wrong, "classification")
    refused(lambda: client.infer(model, [tensor(kind, numpy.array([[b"no image"]], dtype=numpy.object_))]), wrong, "image")
    begun = time.monotonic()
    try:
        client.infer(model, [tensor(kind)], timeout=1, parameters={"cache": "bypass"})
    except InferenceServerException as error:
        assert str(error.status()).endswith(("504", "429", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED")), error
    assert time.monotonic() - begun < 1
    pending = [client.async_infer(model, [tensor(kind)]) for _ in range(4)] if kind is over_http else []
    for one in pending:
        same(one.get_result())
    print(f"tritonclient: {name}: metadata, configuration, repository, vectors, hidden states, compression, refusals")

text = over_http.InferInput("image", [1, 1], "BYTES")
text.set_data_from_numpy(numpy.array([[base64.b64encode(image).decode()]], dtype=numpy.object_), binary_data=False)
plain = over_http.InferenceServerClient(http_url).infer(
    model, [text], outputs=[over_http.InferRequestedOutput("embedding", binary_data=False)])
same(plain, 1)
print("tritonclient: http: base64 in JSON, and vectors in JSON")


async def side_by_side():
    async with over_http_aio.InferenceServerClient(http_url) as client:
        for result in await asyncio.gather(*[client.infer(model, [tensor(over_http)]) for _ in range(8)]):
            same(result)
    async with over_grpc_aio.InferenceServerClient(grpc_url) as client:
        for result in await asyncio.gather(*[client.infer(model, [tensor(over_grpc)]) for _ in range(8)]):
            same(result)


asyncio.run(side_by_side())
print("tritonclient: asyncio over both, eight side by side")
