import type { SearchIndex } from '../../../index/kinds.ts';
import { probeIndex } from '../../../index/search/probe.ts';
import type { Vectors } from '../../../tensor/vectors/vectors.ts';
import type { ListingRow } from '../../output/listing.ts';
import type { Session } from '../../session/command.ts';
import { chooseSearch } from '../all.ts';

/** Neighbors among which a row must find itself. */
const K = 10;
const NOTHING_GIVEN = { ef: undefined, nprobe: undefined, rerank: undefined, model: undefined };

/**
 * Searches for rows of an index itself, with the defaults of `cnt search`; a note where some are not found.
 *
 * @param base what the index was built over
 */
export async function probeBuilt(
  index: SearchIndex,
  base: Vectors,
  probes: number,
  { note, signal }: Pick<Session, 'note' | 'signal'>,
): Promise<{ readonly rows: readonly ListingRow[]; readonly json: object }> {
  const choices = await chooseSearch(index, NOTHING_GIVEN, K, '--probe');
  const search = { ...choices, signal };
  const { missed, probes: asked } = await probeIndex<typeof search>(index, base, { probes, k: K, search });
  if (missed.length > 0) {
    const why =
      'ef' in choices
        ? `groups of points may be out of reach of a search at --ef ${choices.ef}; a larger one finds more`
        : 'others look nearer by their codes; --keep-vectors and search --rerank, or finer codes, find more';
    note(
      `cnt build: of ${asked} rows, ${missed.length} are not among the first ${K} that a search for them finds: ${why}.`,
    );
  }
  return {
    rows: [['own rows found', `${asked - missed.length} of ${asked}`]],
    json: { probes: asked, k: K, ...choices, missed: [...missed] },
  };
}
