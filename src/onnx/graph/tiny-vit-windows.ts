import type { Tensor } from './graph-builder.js';
import { type Grid, piecesOf, type TinyVitContext } from './tiny-vit-context.js';

/** How a grid of tokens is cut into square windows; the last ones may reach beyond it. */
export interface Windows {
  /** Side of the grid. */
  readonly grid: number;
  /** Side of a window. */
  readonly side: number;
  readonly count: number;
  /** Places of a window, those beyond the grid included. */
  readonly area: number;
  /** Whether every place of every window is in the grid. */
  readonly fit: boolean;
}

export function windowsOf({ side: grid }: Grid, side: number): Windows {
  const across = Math.ceil(grid / side);
  return { grid, side, count: across * across, area: side * side, fit: grid % side === 0 };
}

/** Where the tokens of the grid are in the order of windows. */
export interface WindowMaps {
  /** For pieces of the windows, [windows, area]: the token of each place. */
  readonly into: readonly Tensor[];
  /** The place of each token, [grid²]. */
  readonly outOf: Tensor;
}

/**
 * The maps between a grid and its windows, of which pieces have at most `atOnce`. Places beyond the grid have the token
 * after the last.
 */
export function windowMaps({ graph, shared }: TinyVitContext, windows: Windows, atOnce: number): WindowMaps {
  const { grid, side, count, area } = windows;
  const places = new BigInt64Array(count * area).fill(BigInt(grid * grid));
  const tokens = new BigInt64Array(grid * grid);
  eachToken(windows, (token, place) => {
    places[place] = BigInt(token);
    tokens[token] = BigInt(place);
  });
  const into = piecesOf(count, atOnce).map(([from, to]) =>
    sharedMap(shared, `windows ${side} of ${grid} from ${from}`, () =>
      graph.constant([to - from, area], places.slice(from * area, to * area)),
    ),
  );
  const outOf = sharedMap(shared, `${grid} from windows ${side}`, () =>
    graph.constant([grid * grid], tokens),
  );
  return { into, outOf };
}

function eachToken({ grid, side }: Windows, visit: (token: number, place: number) => void): void {
  const across = Math.ceil(grid / side);
  for (let y = 0; y < grid; y++) {
    for (let x = 0; x < grid; x++) {
      const window = Math.floor(y / side) * across + Math.floor(x / side);
      visit(y * grid + x, (window * side + (y % side)) * side + (x % side));
    }
  }
}

function sharedMap(shared: Map<string, Tensor>, key: string, make: () => Tensor): Tensor {
  const map = shared.get(key) ?? make();
  shared.set(key, map);
  return map;
}
