// A plain server around onnxruntime-node, as one writes it in an afternoon: decode with sharp, run the graph, answer JSON.
//
//   node server.mjs --port 9000 --model model.onnx --size 448 --output pooled.24 --threads 2 --batch 8
//
// POST /naive runs each picture as soon as it is decoded; POST /batched gathers those that came while the last batch ran, up to --batch.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const { values } = parseArgs({
  options: Object.fromEntries(['port', 'model', 'size', 'output', 'threads', 'batch'].map((name) => [name, { type: 'string' }])),
});
const size = Number(values.size);
const session = await ort.InferenceSession.create(values.model, {
  intraOpNumThreads: Number(values.threads),
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
});

async function decode(body) {
  const { data } = await sharp(body).resize(size, size, { kernel: 'cubic', fit: 'cover' }).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return data;
}

async function run(pictures) {
  const pixels = new Uint8Array(Buffer.concat(pictures));
  const results = await session.run({ [session.inputNames[0]]: new ort.Tensor('uint8', pixels, [pictures.length, size, size, 3]) }, [values.output]);
  const { data } = results[values.output];
  const width = data.length / pictures.length;
  return pictures.map((_, i) => Array.from(data.subarray(i * width, (i + 1) * width)));
}

const waiting = [];
let running = false;

async function drain() {
  if (running) return;
  running = true;
  while (waiting.length > 0) {
    const batch = waiting.splice(0, Number(values.batch));
    try {
      const vectors = await run(batch.map((one) => one.pixels));
      batch.forEach((one, i) => one.resolve(vectors[i]));
    } catch (error) {
      batch.forEach((one) => one.reject(error));
    }
  }
  running = false;
}

function inBatch(pixels) {
  return new Promise((resolve, reject) => {
    waiting.push({ pixels, resolve, reject });
    drain();
  });
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const pixels = await decode(Buffer.concat(chunks));
    const embedding = request.url.startsWith('/batched') ? await inBatch(pixels) : (await run([pixels]))[0];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }] }));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}).listen(Number(values.port), '127.0.0.1', () => console.log('ready'));
