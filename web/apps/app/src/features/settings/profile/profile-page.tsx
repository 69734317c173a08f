import { Trans, useLingui } from "@lingui/react/macro";
import { patchSessionUser, updateMe } from "@parlance/api";
import { formatDate } from "@parlance/i18n";
import { Button, Field, Input, toast } from "@parlance/ui";
import { useQueryClient } from "@tanstack/react-query";
import { meQuery } from "@/features/session/actions";
import { useSession } from "@/features/session/use-session";
import { applyServerErrors } from "@/lib/forms";
import { Section, SettingsPage } from "../section";
import { AccountSection } from "./account-section";
import { AvatarEditor } from "./avatar-editor";
import { OwnAttributes } from "../profiles/own-section";
import { useForm, type Form } from "@/lib/use-form";
import { profileSchema, type ProfileForm } from "./schema";

export default function ProfilePage() {
  const { t } = useLingui();
  const user = useSession()?.user;
  const queries = useQueryClient();
  const form: Form<ProfileForm> = useForm<ProfileForm>({
    schema: profileSchema,
    initial: { name: user?.name ?? "" },
    onSubmit: async (body) => {
      try {
        const next = await updateMe({ body });
        patchSessionUser(next);
        form.reset({ name: next.name });
        void queries.invalidateQueries({ queryKey: meQuery().queryKey });
        toast.success(t`Profile saved`);
      } catch (error) {
        applyServerErrors(error, form);
      }
    },
  });
  if (!user) return null;

  return (
    <SettingsPage title={t`Profile`} intro={t`How you appear to others in your workspaces.`}>
      <Section title={t`Picture`}>
        <AvatarEditor user={user} />
      </Section>
      <Section title={t`Details`}>
        <form {...form.props} className="max-w-md space-y-5">
          <Field label={t`Name`} error={form.errors.name}>
            {(control) => <Input {...control} {...form.field("name")} autoComplete="name" />}
          </Field>
          <Field label={t`E-mail`} hint={t`Member since ${formatDate(user.created_at)}.`}>
            {(control) => (
              <Input {...control} value={user.email} readOnly className="bg-canvas text-muted" />
            )}
          </Field>
          <Button type="submit" variant="primary" pending={form.pending} disabled={!form.dirty}>
            <Trans>Save</Trans>
          </Button>
        </form>
      </Section>
      <OwnAttributes />
      <AccountSection />
    </SettingsPage>
  );
}
