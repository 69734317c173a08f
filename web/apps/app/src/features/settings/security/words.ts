import { needWords } from "@parlance/i18n";

/** What is shared with the sign-in pages has its words with theirs. */
export async function withAccountWords<T>(part: Promise<T>): Promise<T> {
  await needWords("account");
  return part;
}
