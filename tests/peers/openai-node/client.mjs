// node client.mjs URL PICTURE.png
// What OpenAI's own client needs of a VitGrid server with a queue: embeddings, files, batches. Stops at the first thing that is not as it must be.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import OpenAI, { toFile } from "openai";

// The client looks for it there; Node has put it there since 20.
globalThis.File ??= File;

const [url, picture] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none" });
const model = "internvit-nano";
const bytes = readFileSync(picture);
const uri = (content) => `data:image/png;base64,${content.toString("base64")}`;
const good = uri(bytes), broken = uri(bytes.subarray(0, bytes.length / 2));
const floats = (vector) => Float32Array.from(vector);

async function all(page) {
  const found = [];
  for await (const one of page) found.push(one);
  return found;
}

async function ended(id) {
  for (;;) {
    const batch = await openai.batches.retrieve(id);
    if (["completed", "failed", "cancelled", "expired"].includes(batch.status)) return batch;
    await pause(200);
  }
}

async function lines(file) {
  const content = await openai.files.content(file);
  return (await content.text()).trim().split("\n").map((line) => JSON.parse(line));
}

// When nothing is said the client asks for base64 and decodes it.
const direct = await openai.embeddings.create({ model, input: good });
const plain = await openai.embeddings.create({ model, input: good, encoding_format: "float" });
assert.equal(direct.data[0].embedding.length, 192);
assert.deepEqual(floats(direct.data[0].embedding), floats(plain.data[0].embedding));
assert.ok(direct.usage.prompt_tokens > 0);
await assert.rejects(openai.embeddings.create({ model, input: [good, broken] }), (error) => {
  assert.ok(error instanceof OpenAI.BadRequestError, `${error}`);
  assert.deepEqual([error.code, error.type, error.param], ["image_decode_failed", "invalid_request_error", "input[1]"]);
  return true;
});
assert.ok((await all(openai.models.list())).some((one) => one.id === model));
console.log("openai: an embedding by base64 equals the one by numbers, and a refusal arrives as its class, code and field");

const request = (custom_id, input) => JSON.stringify({ custom_id, method: "POST", url: "/v1/embeddings", body: { model, input } });
const upload = (name, ...requests) => toFile(Buffer.from(requests.join("\n")), name);
const input = await openai.files.create({
  file: await upload("lines.jsonl", request("good", good), request("broken", broken)),
  purpose: "batch",
  expires_after: { anchor: "created_at", seconds: 86_400 },
});
assert.deepEqual([input.object, input.filename, input.purpose, input.expires_at - input.created_at], ["file", "lines.jsonl", "batch", 86_400]);
assert.deepEqual(await openai.files.retrieve(input.id), input);
await assert.rejects(openai.files.create({ file: await upload("a.jsonl", "{}"), purpose: "batch", expires_after: { anchor: "created_at", seconds: 1 } }), OpenAI.BadRequestError);

const made = await openai.batches.create({
  input_file_id: input.id,
  endpoint: "/v1/embeddings",
  completion_window: "24h",
  metadata: { who: "check" },
  output_expires_after: { anchor: "created_at", seconds: 3_600 },
});
const batch = await ended(made.id);
assert.equal(batch.status, "completed", JSON.stringify(batch));
assert.deepEqual(batch.request_counts, { total: 2, completed: 1, failed: 1 });
assert.deepEqual(batch.metadata, { who: "check" });
const [answered] = await lines(batch.output_file_id);
assert.deepEqual([answered.custom_id, answered.response.status_code, answered.error], ["good", 200, null]);
assert.deepEqual(floats(answered.response.body.data[0].embedding), floats(direct.data[0].embedding));
const [failed] = await lines(batch.error_file_id);
assert.deepEqual([failed.custom_id, failed.response.status_code, failed.response.body.error.code], ["broken", 400, "image_decode_failed"]);
const output = await openai.files.retrieve(batch.output_file_id);
assert.equal(output.expires_at - output.created_at, 3_600);
console.log("openai: a batch of a good and a broken picture ends in a file of results and one of errors");

const other = await openai.batches.create({ input_file_id: input.id, endpoint: "/v1/embeddings", completion_window: "24h" });
assert.match((await openai.batches.cancel(other.id)).status, /^cancell(ing|ed)$/);
assert.equal((await ended(other.id)).status, "cancelled");
// A page holds one, so that the client asks for the next by itself.
assert.deepEqual((await all(openai.batches.list({ limit: 1 }))).map((one) => one.id), [other.id, made.id]);
assert.deepEqual((await all(openai.files.list({ limit: 1, purpose: "batch" }))).map((one) => one.id), [input.id]);
console.log("openai: another batch is cancelled, and pages of one list both");

for (const id of [input.id, batch.output_file_id, batch.error_file_id]) assert.equal((await openai.files.delete(id)).deleted, true);
await assert.rejects(openai.files.retrieve(input.id), OpenAI.NotFoundError);
assert.deepEqual(await all(openai.files.list()), []);
console.log("openai: deleted files are gone");
