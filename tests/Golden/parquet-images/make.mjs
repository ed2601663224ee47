// Writes the files of this folder with arrow-rs (npm: parquet-wasm 0.8.0, apache-arrow 21.2.0), which shares nothing with the reader.
import * as arrow from 'apache-arrow';
import * as pq from 'parquet-wasm/node';
import { writeFileSync, mkdirSync } from 'fs';
import { createHash } from 'crypto';
mkdirSync('.', { recursive: true });
const N = 60;
const bytesOf = i => i % 10 === 7 ? new Uint8Array(0) : Uint8Array.from({ length: 20 + (i * 37) % 50 }, (_, k) => (i % 10 === 1 ? 99 : (i * 31 + k * 7) % 256));
const rows = Array.from({ length: N }, (_, i) => i % 10 === 3 ? null : { bytes: i % 10 === 5 ? null : bytesOf(i), path: i % 10 === 6 ? null : `${i}.png` });
const type = new arrow.Struct([new arrow.Field('bytes', new arrow.Binary(), true), new arrow.Field('path', new arrow.Utf8(), true)]);
const schema = new arrow.Schema([new arrow.Field('image', type, true), new arrow.Field('label', new arrow.Int32(), true)]);
const image = arrow.vectorFromArray(rows, type), label = arrow.vectorFromArray(rows.map((_, i) => i), new arrow.Int32());
const table = new arrow.Table(schema, { image, label });
const flat = new arrow.Table({ png: arrow.vectorFromArray(rows.map((r, i) => r?.bytes ?? null), new arrow.Binary()), label });
const ipc = t => pq.Table.fromIPCStream(arrow.tableToIPC(t, 'stream'));
for (const [name, t, dict, version, codec] of [
  ['struct-v1-dictionary-snappy', table, true, pq.WriterVersion.V1, pq.Compression.SNAPPY],
  ['struct-v1-plain', table, false, pq.WriterVersion.V1, pq.Compression.UNCOMPRESSED],
  ['struct-v2-dictionary', table, true, pq.WriterVersion.V2, pq.Compression.UNCOMPRESSED],
  ['struct-v2-plain-zstd', table, false, pq.WriterVersion.V2, pq.Compression.ZSTD],
  ['flat-v1-plain', flat, false, pq.WriterVersion.V1, pq.Compression.SNAPPY],
  ['flat-v2-dictionary', flat, true, pq.WriterVersion.V2, pq.Compression.SNAPPY]]) {
  const p = new pq.WriterPropertiesBuilder().setDictionaryEnabled(dict).setWriterVersion(version).setCompression(codec)
    .setMaxRowGroupSize(20).setDataPageSizeLimit(300).setWriteBatchSize(4).build();
  writeFileSync(`${name}.parquet`, pq.writeParquet(ipc(t), p));
}
writeFileSync('expected.json', JSON.stringify(rows.map(r => r?.bytes == null ? null : createHash('sha256').update(r.bytes).digest('hex'))));
