import { useLingui } from "@lingui/react/macro";
import { EmptyState } from "@parlance/ui";
import { Lock } from "lucide-react";
import { useSession } from "@/features/session/use-session";
import { Panel, SettingsPage } from "./section";

/** Stands for a page that the person's role doesn't open. */
export function NoPermission({ title }: { title: string }) {
  const { t } = useLingui();
  const workspace = useSession()?.workspace.name ?? "";
  return (
    <SettingsPage title={title}>
      <Panel>
        <EmptyState icon={<Lock size={20} />} title={t`Your role does not open this page`}>
          {t`An owner or administrator of ${workspace} can give you another role.`}
        </EmptyState>
      </Panel>
    </SettingsPage>
  );
}
