// node client.mjs HTTP GRPC PROTO PICTURE.png
// What gRPC's own client for Node needs of a VitGrid server without keys, by the protocol's published file. Stops at the first thing that is
// not as it must be.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [http, address, proto, picture] = process.argv.slice(2);
const { inference } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, longs: Number }));
const client = new inference.GRPCInferenceService(address.replace(/^https?:\/\//, ""), grpc.credentials.createInsecure());
const call = (method) => promisify(client[method]).bind(client);
const image = readFileSync(picture);
const element = (bytes) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const request = (...images) => ({
  model_name: "internvit-nano",
  id: "one",
  inputs: [{ name: "image", datatype: "BYTES", shape: [images.length, 1] }],
  raw_input_contents: [Buffer.concat(images.map(element))],
});
const refusal = (method, message) => call(method)(message).then(() => assert.fail("nothing was refused"), (error) => error);

assert.equal((await call("ServerLive")({})).live, true);
assert.equal((await call("ModelReady")({ name: "internvit-nano" })).ready, true);
const metadata = await call("ModelMetadata")({ name: "internvit-nano" });
assert.deepEqual(metadata.outputs.map((output) => output.name), ["embedding", "last_hidden_state"]);
assert.equal((await call("ModelConfig")({ name: "internvit-nano" })).config.max_batch_size, 256);
console.log("grpc-js: a model tells its tensors and its largest batch");

const answer = await call("ModelInfer")(request(image, image));
assert.deepEqual([answer.id, answer.outputs[0].name, answer.outputs[0].shape], ["one", "embedding", [2, 192]]);
const raw = answer.raw_output_contents[0];
const vectors = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
const plain = await fetch(`${http}/v1/embeddings`, { method: "POST", headers: { "content-type": "image/png" }, body: image });
const expected = Float32Array.from((await plain.json()).data[0].embedding);
assert.deepEqual(vectors.subarray(0, 192), expected);
assert.deepEqual(vectors.subarray(192), expected);
console.log("grpc-js: vectors equal those of the first protocol to the bit");

const missing = await refusal("ModelInfer", { ...request(image), model_name: "other" });
assert.deepEqual([missing.code, /'other'/.test(missing.details)], [grpc.status.NOT_FOUND, true]);
assert.equal((await refusal("ModelInfer", request(Buffer.from("no image")))).code, grpc.status.INVALID_ARGUMENT);
assert.equal((await refusal("RepositoryModelUnload", { model_name: "internvit-nano" })).code, grpc.status.FAILED_PRECONDITION);
const stream = client.ModelStreamInfer();
stream.write(request(image));
const ended = await new Promise((resolve) => stream.on("error", resolve).on("data", () => {}));
assert.equal(ended.code, grpc.status.UNIMPLEMENTED);
stream.end();
client.close();
console.log("grpc-js: refusals arrive as their status and message");
