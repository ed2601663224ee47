// node compare.mjs EXPECTED.jsonl NAME_COLUMN FILE.parquet…
// The files together must hold the vectors of EXPECTED (lines {"file"|"id","embedding"}), each once, every number bit for bit.
import { readFileSync } from "node:fs";
import { parquetMetadata, parquetReadObjects } from "hyparquet";

const [expectedFile, nameColumn, ...files] = process.argv.slice(2);
const expected = new Map(
  readFileSync(expectedFile, "utf8").trim().split("\n").map((line) => JSON.parse(line)).map((row) => [row[nameColumn], row.embedding]));

const bits = (numbers) => Buffer.from(Float32Array.from(numbers).buffer);

let rows = 0;
for (const file of files) {
  const bytes = readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const metadata = parquetMetadata(buffer);
  const found = await parquetReadObjects({ file: buffer, metadata });
  if (found.length !== Number(metadata.num_rows)) throw new Error(`${file}: ${found.length} rows, the footer says ${metadata.num_rows}`);
  for (const row of found) {
    const name = row[nameColumn];
    const wanted = expected.get(name);
    if (!wanted) throw new Error(`${file}: '${name}' is twice there, or was not expected`);
    if (!bits(wanted).equals(bits(row.embedding))) throw new Error(`${file}: the vector of '${name}' differs`);
    expected.delete(name);
  }
  rows += found.length;
}
if (rows === 0 || expected.size > 0) throw new Error(`${rows} rows; missing: ${[...expected.keys()].join(", ")}`);
console.log(`parquet: ${rows} vectors in ${files.length} file(s) are bit for bit those of ${expectedFile.split("/").pop()}`);
