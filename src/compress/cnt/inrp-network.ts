import type { EncodedWith } from '../network/encoder.ts';
import { type Network, type NetworkKind, type NetworkSizes, requireSizes } from '../network/network.ts';
import type { Standardization } from '../network/standardization.ts';
import { cnt } from './cnt.ts';
import { type CntConfig, requireCntConfig } from './cnt-config.ts';
import { linearMap } from './linear-map.ts';

/** What INRP trains: the paper's network, or a single linear map as its control. Plain JSON, stored with a model. */
export type InrpNetwork = Network<'cnt', CntConfig> | Network<'linear', NetworkSizes>;

const CNT: NetworkKind<CntConfig> = {
  storedName: 'cnt',
  record: cnt,
  requireConfig: requireCntConfig,
  requireTensorCount({ stages }, tensors, where) {
    const blocks = stages.reduce((sum, count) => sum + count, 0);
    if (blocks <= tensors) return;
    throw new RangeError(`${where}: expected tensors for ${blocks} transformer blocks, got ${tensors} tensors.`);
  },
};

const LINEAR: NetworkKind = {
  storedName: 'linear-inrp',
  record: linearMap,
  requireConfig: requireSizes('dIn', 'dOut'),
};

export const INRP_KINDS: Readonly<Record<InrpNetwork['kind'], NetworkKind>> = { cnt: CNT, linear: LINEAR };

/** What an encoder needs to know of a network in training. */
export function encodedWith({
  network: { kind, config },
  standardization,
}: {
  readonly network: InrpNetwork;
  readonly standardization: Standardization;
}): EncodedWith {
  return { kind: INRP_KINDS[kind], config, standardization };
}
