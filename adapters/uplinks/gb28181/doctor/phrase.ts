/** Whether the phrase of a refusal says more than its status. */
import { reasonOf } from '../../../protocols/sip/status.ts';

/** As RFC 3261 §21 has them, beside those that this stack writes itself; and what says nothing at all. */
const usual =
  /^(unknown|error|failed|failure|refused|rejected|forbidden|not found|gone|conflict|unsupported uri scheme|address incomplete|ambiguous|extension required|too many hops|does not exist anywhere|request terminated|server time-?out|server failure|bad gateway|busy everywhere)$/i;

/** '' where it does not. */
export function tellingPhrase(status: number, phrase: string): string {
  const said = phrase.trim();
  return usual.test(said) || said.toLowerCase() === reasonOf(status).toLowerCase() ? '' : said;
}
