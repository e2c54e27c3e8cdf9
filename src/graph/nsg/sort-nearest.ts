/** Shorter stretches are sorted by insertion. */
const SHORT = 16;

/**
 * Sorts pairs by (distance, id) so far that the first `few` are the smallest, in order; what lies behind is left in any order.
 *
 * Source: quicksort, the pivot the median of three (Sedgewick 1978); parts beyond the first `few` are not sorted.
 *
 * @param count pairs in all
 */
export function sortNearest(ids: Int32Array, distances: Float64Array, count: number, few: number): void {
  sortStretch(ids, distances, 0, count, Math.min(few, count));
}

function sortStretch(ids: Int32Array, distances: Float64Array, first: number, end: number, few: number): void {
  let [begin, until] = [first, end];
  while (until - begin > SHORT && begin < few) {
    const middle = partition(ids, distances, begin, until);
    sortStretch(ids, distances, begin, middle, few);
    begin = middle;
  }
  if (begin < few) insertionSort(ids, distances, begin, until);
}

/** Puts smaller pairs before larger ones; returns where the larger ones begin, neither part being empty. */
function partition(ids: Int32Array, distances: Float64Array, begin: number, end: number): number {
  const middle = (begin + end) >>> 1;
  order(ids, distances, begin, middle);
  order(ids, distances, middle, end - 1);
  order(ids, distances, begin, middle);
  const distance = distances[middle]!;
  const id = ids[middle]!;
  let low = begin;
  let high = end - 1;
  for (;;) {
    do low++;
    while (distances[low]! < distance || (distances[low] === distance && ids[low]! < id));
    do high--;
    while (distances[high]! > distance || (distances[high] === distance && ids[high]! > id));
    if (low >= high) return low;
    swap(ids, distances, low, high);
  }
}

/** Puts the smaller pair into place a. */
function order(ids: Int32Array, distances: Float64Array, a: number, b: number): void {
  if (distances[b]! < distances[a]! || (distances[b] === distances[a] && ids[b]! < ids[a]!)) swap(ids, distances, a, b);
}

function swap(ids: Int32Array, distances: Float64Array, a: number, b: number): void {
  const id = ids[a]!;
  const distance = distances[a]!;
  ids[a] = ids[b]!;
  distances[a] = distances[b]!;
  ids[b] = id;
  distances[b] = distance;
}

function insertionSort(ids: Int32Array, distances: Float64Array, begin: number, end: number): void {
  for (let i = begin + 1; i < end; i++) {
    const id = ids[i]!;
    const distance = distances[i]!;
    let place = i;
    for (; place > begin; place--) {
      const other = distances[place - 1]!;
      if (other < distance || (other === distance && ids[place - 1]! < id)) break;
      distances[place] = other;
      ids[place] = ids[place - 1]!;
    }
    distances[place] = distance;
    ids[place] = id;
  }
}
