/** How many points to draw at once so that a picture takes as long as it may. */
export class Pace {
  private allowed: number;

  /**
   * @param start points at first
   * @param least never fewer
   * @param aim milliseconds of a picture
   */
  constructor(
    start: number,
    private readonly least: number,
    private readonly aim: number,
  ) {
    this.allowed = start;
  }

  share(points: number): number {
    return Math.min(1, this.allowed / Math.max(1, points));
  }

  /** Hears what a picture of some points took. */
  learn(points: number, cost: number): void {
    const factor = Math.max(0.5, Math.min(1.25, this.aim / Math.max(cost, 0.1)));
    const next = Math.min(this.allowed, points) * factor;
    this.allowed = Math.max(this.least, factor < 1 ? next : Math.max(this.allowed, next));
  }
}
