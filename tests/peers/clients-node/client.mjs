// node client.mjs URL PICTURE.png
// What Cohere's own client, LangChain.js and the Vercel AI SDK need of a VitGrid server without keys. Stops at the first thing that is not as
// it must be.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenAIEmbeddings } from "@langchain/openai";
import { embed, embedMany } from "ai";
import { CohereClientV2, CohereError } from "cohere-ai";

const [url, picture] = process.argv.slice(2);
const model = "internvit-nano";
const bytes = readFileSync(picture);
const image = `data:image/png;base64,${bytes.toString("base64")}`;
const plain = await fetch(`${url}/v1/embeddings`, { method: "POST", headers: { "content-type": "image/png" }, body: bytes });
const expected = Float32Array.from((await plain.json()).data[0].embedding);
const same = (vector) => assert.deepEqual(Float32Array.from(vector), expected);

const cohere = new CohereClientV2({ token: "none", environment: url });
const types = ["float", "int8", "ubinary"];
const answer = await cohere.embed({ model, inputType: "image", images: [image, image], embeddingTypes: types });
assert.equal(answer.embeddings.float.length, 2);
answer.embeddings.float.forEach(same);
assert.deepEqual([answer.embeddings.int8[0].length, answer.embeddings.ubinary[0].length], [192, 24]);
assert.equal(answer.meta.billedUnits.images, 2);
const mixed = await cohere.embed({
  model, inputType: "image", embeddingTypes: ["float"],
  inputs: [{ content: [{ type: "image_url", imageUrl: { url: image } }] }],
});
mixed.embeddings.float.forEach(same);
await assert.rejects(cohere.embed({ model, inputType: "image", images: ["data:image/png;base64,%%%"], embeddingTypes: ["float"] }), (error) => {
  assert.ok(error instanceof CohereError, `${error}`);
  assert.deepEqual([error.statusCode, typeof error.body.message], [400, "string"]);
  return true;
});
console.log("cohere-ai: images in three types of numbers, inputs, and a refusal as its class, status and message");

const langchain = new OpenAIEmbeddings({ model, apiKey: "none", maxRetries: 0, configuration: { baseURL: `${url}/v1` } });
same(await langchain.embedQuery(image));
(await langchain.embedDocuments([image, image])).forEach(same);
await assert.rejects(langchain.embedQuery("data:image/png;base64,%%%"), /400/);
console.log("@langchain/openai: one image, and a list of images");

const provider = createOpenAICompatible({ name: "vitgrid", baseURL: `${url}/v1`, apiKey: "none" });
const embedding = provider.textEmbeddingModel(model);
same((await embed({ model: embedding, value: image })).embedding);
const many = await embedMany({ model: embedding, values: [image, image] });
many.embeddings.forEach(same);
assert.ok(many.usage.tokens > 0);
console.log("ai: one image, and a list of images");
