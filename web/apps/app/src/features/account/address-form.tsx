/** Asks for an address and does something with it that answers alike for every address. */
import { useLingui } from "@lingui/react/macro";
import { isApiError } from "@parlance/api";
import { Button, Field, Input, Notice } from "@parlance/ui";
import { useState, type ReactNode } from "react";
import { errorMessage } from "@/lib/errors";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { addressSchema, type AddressForm } from "./schemas";

export function AddressFields({
  initial,
  button,
  send,
  sent,
}: {
  initial: string;
  button: ReactNode;
  send: (email: string) => Promise<unknown>;
  sent: (email: string) => void;
}) {
  const { t } = useLingui();
  const [problem, setProblem] = useState<string | null>(null);
  const form: Form<AddressForm> = useForm<AddressForm>({
    schema: addressSchema,
    initial: { email: initial },
    onSubmit: async ({ email }) => {
      setProblem(null);
      try {
        await send(email);
      } catch (error) {
        if (isApiError(error, "invalid_body")) return applyServerErrors(error, form);
        return setProblem(errorMessage(error));
      }
      sent(email);
    },
  });
  return (
    <form {...form.props} className="space-y-5">
      {problem && <Notice tone="danger">{problem}</Notice>}
      <Field label={t`E-mail`} error={form.errors.email}>
        {(control) => (
          <Input
            {...control}
            {...form.field("email")}
            type="email"
            inputMode="email"
            autoComplete="username"
            autoFocus
          />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={form.pending} className="w-full">
        {button}
      </Button>
    </form>
  );
}
