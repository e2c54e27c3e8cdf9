import type { Matrix } from '../tensor/matrix.ts';
import type { NamedArrays } from '../tensor/named-arrays.ts';
import { CATALYST_KIND } from './catalyst/catalyst.ts';
import { CatalystCompressor } from './catalyst/catalyst-compressor.ts';
import type { CatalystChoices } from './catalyst/catalyst-settings.ts';
import { trainCatalyst } from './catalyst/train-catalyst.ts';
import { CntCompressor } from './cnt/cnt-compressor.ts';
import { INRP_KINDS } from './cnt/inrp-network.ts';
import { type CntTrainingOptions, trainCnt } from './cnt/training/train-cnt.ts';
import type { Compressor } from './compressor.ts';
import { PcaCompressor, trainPca } from './projection/pca.ts';
import { SrpCompressor } from './projection/sparse-projection.ts';
import { trainVae } from './vae/train-vae.ts';
import { VAE_KIND } from './vae/vae.ts';
import { VaeCompressor } from './vae/vae-compressor.ts';
import type { VaeChoices } from './vae/vae-settings.ts';

/** What any method may be told; each looks at what concerns it. */
export interface MethodOptions
  extends Omit<CntTrainingOptions, 'network' | 'factor' | 'dOut'>,
    Pick<VaeChoices, 'hidden' | 'klWeight'>,
    Pick<CatalystChoices, 'koleoWeight'> {
  readonly dOut: number;
}

/** All that the rest of the program knows of a method. */
interface MethodEntry {
  /** How tables and charts call it. */
  readonly label: string;
  /** `method` in the files of its models, part of their digests. */
  readonly storedName: string;
  /** What help says: `<name> is <about>`. */
  readonly about: string;
  /** Learns by gradient descent, in steps: may be told its length, batch and rate, and can be resumed. */
  readonly learnsInSteps: boolean;
  /** What else it may be told on the command line. */
  readonly takes: readonly ('variant' | 'preset')[];
  readonly trainsOnGpu: boolean;
  readonly leastColumns: number;
  /** Rows of the base in what `samples` counts. */
  readonly rowsOfSample: number;
  train(base: Matrix, options: MethodOptions): Promise<Compressor>;
  /** The inverse of `toNamedArrays`. */
  load(arrays: NamedArrays): Compressor;
}

/** What is true of most. */
const USUAL = { takes: [], trainsOnGpu: false, leastColumns: 1, rowsOfSample: 1 } as const;

/** Every method of compression, by its name in code and on the command line. */
export const METHODS = {
  cnt: {
    ...USUAL,
    label: 'CNT',
    storedName: INRP_KINDS.cnt.storedName,
    about: 'the Compression Network with Transformer, trained with the INRP loss',
    learnsInSteps: true,
    takes: ['variant', 'preset'],
    trainsOnGpu: true,
    leastColumns: 4, // a key of the attention has a quarter of them
    train: trainCnt,
    load: CntCompressor.fromNamedArrays,
  },
  linear: {
    ...USUAL,
    label: 'linear map',
    storedName: INRP_KINDS.linear.storedName,
    about: 'its control, a single linear map trained alike',
    learnsInSteps: true,
    takes: ['preset'],
    trainsOnGpu: true,
    train: (base, options) => trainCnt(base, { ...options, network: 'linear' }),
    load: CntCompressor.fromNamedArrays,
  },
  pca: {
    ...USUAL,
    label: 'PCA',
    storedName: 'pca',
    about: 'principal component analysis',
    learnsInSteps: false,
    train: async (base, { dOut, backend, threads }) => trainPca(base, { dOut, backend, threads }),
    load: PcaCompressor.fromNamedArrays,
  },
  srp: {
    ...USUAL,
    label: 'SRP',
    storedName: 'srp',
    about: 'a sparse random projection, which learns nothing',
    learnsInSteps: false,
    train: async (base, { dOut, seed = 1 }) => SrpCompressor.create({ dIn: base.cols, dOut, seed }),
    load: SrpCompressor.fromNamedArrays,
  },
  vae: {
    ...USUAL,
    label: 'VAE',
    storedName: VAE_KIND.storedName,
    about: 'a variational autoencoder',
    learnsInSteps: true,
    train: trainVae,
    load: VaeCompressor.fromNamedArrays,
  },
  catalyst: {
    ...USUAL,
    label: 'Catalyst',
    storedName: CATALYST_KIND.storedName,
    about: 'the network of "Spreading vectors for similarity search"',
    learnsInSteps: true,
    rowsOfSample: 3, // samples are triplets
    train: trainCatalyst,
    load: CatalystCompressor.fromNamedArrays,
  },
} as const satisfies Record<string, MethodEntry>;

export type Method = keyof typeof METHODS;

export const METHOD_NAMES = Object.keys(METHODS) as Method[];

/** What there is to know of a method. */
export function methodOf(name: Method): MethodEntry {
  return METHODS[name];
}

/** The methods of which `holds` is true. */
export function methodsThat(holds: (entry: MethodEntry) => boolean): Method[] {
  return METHOD_NAMES.filter((name) => holds(METHODS[name]));
}

/** The method whose models have this name in their files. */
export function storedMethod(name: string | undefined): MethodEntry | undefined {
  return Object.values<MethodEntry>(METHODS).find(({ storedName }) => storedName === name);
}
