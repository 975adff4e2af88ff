/** Shares of the traffic as weights. */
import type { Variant } from "../../api/models";

/** Give a variant a share of all requests, 0 to 1; the others keep their proportions. Weights become percentages. */
export function withShare(variants: Variant[], at: number, share: number): Variant[] {
  if (variants.length < 2) return variants;
  const rest = variants.reduce((sum, each, place) => (place === at ? sum : sum + each.weight), 0);
  const own = Math.max(0.01, Math.min(0.99, share));
  return variants.map((each, place) => ({
    ...each,
    weight: Math.max(0.01, Number((100 * (place === at ? own : ((1 - own) * each.weight) / rest)).toFixed(2))),
  }));
}
