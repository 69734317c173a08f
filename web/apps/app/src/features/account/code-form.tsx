/** One field for a code, of an authenticator app or for recovery. */
import { Trans, useLingui } from "@lingui/react/macro";
import { isApiError } from "@parlance/api";
import { Button, Field, Input } from "@parlance/ui";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { FIELD_FAULTS } from "./faults";
import { codeSchema, type CodeForm as Values } from "./code-schema";

export function CodeForm({
  kind,
  label,
  onCode,
  onFailure,
}: {
  kind: "totp" | "recovery_code";
  /** Of the button. */
  label: string;
  onCode: (code: string) => Promise<void>;
  /** What isn't wrong with the code itself. */
  onFailure: (error: unknown) => void;
}) {
  const { t } = useLingui();
  const totp = kind === "totp";
  const form: Form<Values> = useForm<Values>({
    schema: codeSchema,
    initial: { code: "" },
    onSubmit: async ({ code }) => {
      try {
        await onCode(code);
      } catch (error) {
        if (isApiError(error, "invalid_body")) applyServerErrors(error, form, FIELD_FAULTS);
        else onFailure(error);
      }
    },
  });
  return (
    <form {...form.props} className="space-y-5">
      <Field
        label={totp ? t`Code` : t`Recovery code`}
        hint={
          totp
            ? t`The six digits that your authenticator app shows now.`
            : t`One of those that you saved. Each works once.`
        }
        error={form.errors.code}
      >
        {(control) => (
          <Input
            {...control}
            {...form.field("code")}
            autoFocus
            autoComplete={totp ? "one-time-code" : "off"}
            inputMode={totp ? "numeric" : "text"}
            maxLength={totp ? 7 : 40}
            spellCheck={false}
            autoCapitalize="none"
            className={totp ? "font-mono text-lg tracking-[0.3em]" : "font-mono"}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
        {label || <Trans>Go on</Trans>}
      </Button>
    </form>
  );
}
