/** What of the simulated camera can be moved and switched besides where it looks. */
export class Lens {
  /** From -1, near, to 1, far; 0: it stands. */
  focusSpeed = 0;
  wiper = false;
  /** dB of attenuation, from 0, open, to 20. */
  iris = 10;
  /** Of the exposure; false: the camera sees to it itself. */
  manual: boolean;

  constructor(manual = false) {
    this.manual = manual;
  }
}
