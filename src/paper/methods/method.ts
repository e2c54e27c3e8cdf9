/** How vectors are compressed; `linear` is a single linear map trained with INRP, a control that the paper lacks. */
export type Method = 'CNT' | 'PCA' | 'SRP' | 'VAE' | 'Catalyst' | 'linear';

/** How tables name vectors that are not compressed. */
export type MethodOrNone = Method | 'none';
