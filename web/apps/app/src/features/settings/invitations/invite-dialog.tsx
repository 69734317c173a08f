/** Invites somebody, then shows the link: once, as only its hash is kept. */
import { Trans, useLingui } from "@lingui/react/macro";
import { createInvitation, isApiError, type MadeInvitation } from "@parlance/api";
import { i18n } from "@parlance/i18n";
import { Button, Field, Input, NativeSelect } from "@parlance/ui";
import { Choices, Radio } from "@parlance/ui/choice";
import { Dialog } from "@parlance/ui/dialog";
import { useState } from "react";
import { useRoles } from "@/features/settings/roles/use-roles";
import { applyServerErrors } from "@/lib/forms";
import { useForm, type Form } from "@/lib/use-form";
import { byEmail, byLink, type InviteForm } from "./schema";

export default function InviteDialog({
  onMade,
  onClose,
}: {
  onMade: (made: MadeInvitation) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const roles = useRoles();
  const [kind, setKind] = useState<"email" | "link">("email");
  const form: Form<InviteForm> = useForm<InviteForm>({
    schema: kind === "email" ? byEmail : byLink,
    initial: { email: "", role: "member", days: "7", max_uses: "10" },
    onSubmit: async (values) => {
      const { role } = values;
      const expires_in_days = Number(values.days);
      try {
        const made = await createInvitation({
          body:
            kind === "email"
              ? { email: values.email.trim(), role, expires_in_days, locale: i18n.locale }
              : { role, expires_in_days, max_uses: Number(values.max_uses) },
        });
        onMade(made);
      } catch (error) {
        if (isApiError(error, "already_member")) {
          form.setError("email", t`This person is a member already.`);
        } else if (isApiError(error, "conflict") && kind === "email") {
          form.setError("email", t`This address is invited already. Send that invitation again.`);
        } else applyServerErrors(error, form);
      }
    },
  });
  return (
    <Dialog
      open
      strict
      onOpenChange={(open) => !open && onClose()}
      title={t`Invite people`}
      closeLabel={t`Close`}
      className="max-w-lg!"
      footer={
        <>
          <Button onClick={onClose}>{t`Cancel`}</Button>
          <Button type="submit" form="invite" variant="primary" pending={form.pending}>
            {kind === "email" ? t`Invite` : t`Make link`}
          </Button>
        </>
      }
    >
      <form id="invite" {...form.props} className="space-y-5">
        <Choices legend={t`How`}>
          <Radio
            name="kind"
            label={t`By e-mail`}
            hint={<Trans>For one person, who signs in with that address.</Trans>}
            checked={kind === "email"}
            onChange={() => setKind("email")}
          />
          <Radio
            name="kind"
            label={t`By link`}
            hint={<Trans>Whoever has the link comes in, as often as you allow.</Trans>}
            checked={kind === "link"}
            onChange={() => setKind("link")}
          />
        </Choices>
        {kind === "email" && (
          <Field label={t`E-mail`} error={form.errors.email}>
            {(control) => (
              <Input
                {...control}
                {...form.field("email")}
                type="email"
                inputMode="email"
                autoComplete="off"
              />
            )}
          </Field>
        )}
        <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
          <Field label={t`Role`}>
            {(control) => (
              <NativeSelect
                {...control}
                value={form.values.role}
                onChange={(event) => form.set("role", event.target.value)}
              >
                {roles.options().map(({ id, label }) => (
                  <option key={id} value={id}>
                    {label}
                  </option>
                ))}
              </NativeSelect>
            )}
          </Field>
          <Field label={t`Good for`}>
            {(control) => (
              <NativeSelect
                {...control}
                value={form.values.days}
                onChange={(event) => form.set("days", event.target.value)}
              >
                <option value="1">{t`a day`}</option>
                <option value="7">{t`a week`}</option>
                <option value="30">{t`30 days`}</option>
              </NativeSelect>
            )}
          </Field>
          {kind === "link" && (
            <Field label={t`How many may come in`}>
              {(control) => (
                <NativeSelect
                  {...control}
                  value={form.values.max_uses}
                  onChange={(event) => form.set("max_uses", event.target.value)}
                >
                  {["1", "5", "10", "50", "200", "1000"].map((uses) => (
                    <option key={uses} value={uses}>
                      {uses}
                    </option>
                  ))}
                </NativeSelect>
              )}
            </Field>
          )}
        </div>
      </form>
    </Dialog>
  );
}
