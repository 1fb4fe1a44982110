/** What of the simulated camera can be moved and switched besides where it looks. */
export class Lens {
  /** From -1, near, to 1, far; 0: it stands. */
  focusSpeed = 0;
  wiper = false;
}
