export const NSG_PROFILES = ['canonical', 'faiss'] as const;
export type NsgProfileName = (typeof NSG_PROFILES)[number];

/** Where a search begins: at one point alone; at that and random points, as many as its pool holds; at its neighbors and random points. */
export type NsgStarts = 'one' | 'filled' | 'neighbors';

/** The choices in which NSG's paper, our repairs and the library differ. */
export interface NsgProfile {
  /** Where the searches of the building begin. */
  readonly buildStarts: NsgStarts;
  /** Where a search for the neighbors of a query begins. */
  readonly queryStarts: NsgStarts;
  /** The navigating point is the nearest that a search finds, not the nearest of all. */
  readonly searchesNavigatingPoint: boolean;
  /** A point is removed from its own candidates only where it comes first, and then counts among the C. */
  readonly keepsItself: boolean;
  /** A full list that is chosen anew keeps its old links behind the chosen ones, up to R. */
  readonly keepsTail: boolean;
  /** Points that cannot be reached are linked from any point met, which may be out of reach too, found in a pool of this size. */
  readonly attachesAnywhere: number | undefined;
}

/**
 * - `canonical`: the paper, with every point reachable.
 * - `faiss`: the graph of faiss 1.7.3, one thread, list for list, with what must be called its mistakes: a full list whose links are
 *   chosen anew keeps a tail of old ones, some twice; copies of a point may link to themselves; and groups of points may stay
 *   out of reach.
 */
export const nsgProfiles: Readonly<Record<NsgProfileName, NsgProfile>> = {
  canonical: {
    buildStarts: 'one',
    queryStarts: 'filled',
    searchesNavigatingPoint: false,
    keepsItself: false,
    keepsTail: false,
    attachesAnywhere: undefined,
  },
  faiss: {
    buildStarts: 'neighbors',
    queryStarts: 'neighbors',
    searchesNavigatingPoint: true,
    keepsItself: true,
    keepsTail: true,
    attachesAnywhere: 16, // search_L as the library sets it
  },
};
