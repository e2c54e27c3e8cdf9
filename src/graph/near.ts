/** An element, and its distance from q. */
export interface Near {
  readonly id: number;
  readonly distance: number;
}
