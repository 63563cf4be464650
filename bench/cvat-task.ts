/**
 * `samrefiner cvat refine` on a task of 100 frames (or as many as the argument says) of 640×480 pixels with 5 masks each, over a
 * stand-in of CVAT on this machine, with the `lite` model: frames per second from the first frame that is asked for to
 * the last write, peak memory of the program and of its model process, bytes written to CVAT and to the record.
 * Memory is read from /proc, so on Linux only. Run: `npm run typecheck && node build/bench/cvat-task.js`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { encodeCvatMask } from '../src/formats/cvat-mask.js';
import { shapeToMask } from '../src/formats/shape-to-mask.js';
import { openCvatDouble } from '../test/support/cvat-double.js';

const SIZE = { width: 640, height: 480 };
const CENTRES = [
  [110, 120],
  [320, 130],
  [530, 120],
  [200, 350],
  [440, 350],
] as const;
const RADIUS = 70;
const POLL_MS = 200;
const MEBIBYTE = 1024 * 1024;

const frames = Number(process.argv[2] ?? 100);
const cli = fileURLToPath(new URL('../src/cli.js', import.meta.url));

/** Five bright discs on a textured ground; every frame is another picture. */
async function photograph(frame: number): Promise<Uint8Array> {
  const pixels = Buffer.alloc(SIZE.width * SIZE.height * 3);
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const inside = CENTRES.some(([cx, cy]) => Math.hypot(x - cx, y - cy) < RADIUS);
      const texture = (x * 7 + y * 13 + frame * 29) % 23;
      for (let channel = 0; channel < 3; channel++) {
        pixels[(y * SIZE.width + x) * 3 + channel] = (inside ? 150 : 20) + 30 * channel + texture;
      }
    }
  }
  return sharp(pixels, { raw: { ...SIZE, channels: 3 } })
    .jpeg()
    .toBuffer();
}

async function roughMasks(): Promise<readonly (readonly number[])[]> {
  const masks = CENTRES.map(([x, y]) =>
    shapeToMask(
      {
        ...{ kind: 'ellipse', unit: 'pixel', x: x + 6, y: y - 5, rotationDegrees: 0 },
        ...{ radiusX: 1.15 * RADIUS, radiusY: RADIUS },
      },
      SIZE,
    ),
  );
  return (await Promise.all(masks)).map(encodeCvatMask);
}

/** Peak resident memory of a process and of those it has started, by their command. */
async function peaks(pid: number): Promise<readonly (readonly [pid: number, bytes: number])[]> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0);
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const children = lists.join(' ').split(/\s+/).filter(Boolean).map(Number);
  return [[pid, kibibytes * 1024], ...(await Promise.all(children.map(peaks))).flat()];
}

const folder = await mkdtemp(join(tmpdir(), 'samrefiner-bench-'));
const double = await openCvatDouble();
double.frameSize = SIZE;
const files = await Promise.all(Array.from({ length: frames }, (_, frame) => photograph(frame)));
double.frame = (_, frame) => files[frame] ?? new Uint8Array();
const job = double.addJob({ id: 19, stop_frame: frames - 1 });
for (const points of await roughMasks()) {
  for (let frame = 0; frame < frames; frame++) {
    double.addShape(19, { type: 'mask', frame, label_id: 31, group: 0, points });
  }
}
let firstMs = 0;
let lastMs = 0;
double.interfere = ({ path, method }) => {
  if (path.includes('/data?') && firstMs === 0) firstMs = performance.now();
  if (method === 'PATCH') lastMs = performance.now();
  return undefined;
};

const program = spawn(process.execPath, [cli, 'cvat', 'refine', '--task', '7'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    PATH: process.env['PATH'],
    ...{ CVAT_URL: double.origin, SAMREFINER_MODEL: 'lite', SAMREFINER_CVAT_RECORDS_DIR: folder },
  },
});
const closed = once(program, 'close');
program.stdout.pipe(process.stdout);
const { pid = 0 } = program;
const found = new Map<number, number>();
const poll = setInterval(() => {
  void peaks(pid).then((all) => {
    for (const [id, bytes] of all) found.set(id, Math.max(bytes, found.get(id) ?? 0));
  });
}, POLL_MS);
await closed;
clearInterval(poll);

const [recordName = ''] = await readdir(folder);
const record = await stat(join(folder, recordName));
const own = found.get(pid) ?? 0;
const model = Math.max(0, ...[...found].filter(([id]) => id !== pid).map(([, bytes]) => bytes));
const refined = job.shapes.filter(({ source }) => source === 'semi-auto').length;
console.log(`${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`);
console.log(`${refined} of ${5 * frames} masks replaced in ${((lastMs - firstMs) / 1000).toFixed(1)} s`);
console.log(`${((1000 * frames) / (lastMs - firstMs)).toFixed(2)} frames per second`);
console.log(`peak memory: program ${mebibytes(own)}, its model process ${mebibytes(model)}`);
console.log(`written: ${kibibytes(double.bytesWritten())} to CVAT, ${kibibytes(record.size)} record`);
await double.close();
await rm(folder, { recursive: true });

function kibibytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
