/**
 * Asks a person who is signed in to prove again that it is them, before what opens doors or can't be undone.
 * It stands beside the page, in a root of its own, since any request may need it.
 */
import { I18nProvider } from "@lingui/react";
import type { ProofMethod } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { createRoot } from "react-dom/client";
import { StepUpDialog } from "./step-up-dialog";

let asked: Promise<boolean> | null = null;

/** Requests that wait for a proof at the same time wait for one. False: they would rather not. */
export function ask(methods: readonly ProofMethod[]): Promise<boolean> {
  asked ??= new Promise<boolean>((done) => {
    const place = document.createElement("div");
    document.body.append(place);
    const root = createRoot(place);
    const close = (proved: boolean) => {
      asked = null;
      root.unmount();
      place.remove();
      done(proved);
    };
    root.render(
      <I18nProvider i18n={i18n}>
        <StepUpDialog methods={methods} onDone={close} />
      </I18nProvider>,
    );
  });
  return asked;
}
