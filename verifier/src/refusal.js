/**
 * The one error of this program: untrusted data does not verify.
 */
export class Refusal extends Error {
  /**
   * @param {string} code Stable kebab-case name, the same as the SDK's.
   * @param {string} detail What was found, in Chinese; never a name, a number of a person or a key.
   * @param {string} field Where, empty when the code says it.
   */
  constructor(code, detail = '', field = '') {
    super(detail ? `${code}: ${detail}` : code);
    this.name = 'Refusal';
    this.code = code;
    this.detail = detail;
    this.field = field;
    /** @type {string} Name of the step, set where the list of checks is. */
    this.step = '';
  }
}

/**
 * Run one step; a refusal within it carries the step's name.
 *
 * @template T
 * @param {string} step
 * @param {() => T} act
 * @returns {T}
 */
export function inStep(step, act) {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refusal && !error.step) error.step = step;
    throw error;
  }
}
