import { useLingui } from "@lingui/react/macro";
import { Kbd } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { closeOverlay } from "@/features/commands/open";
import { grouped } from "@/features/commands/rank.logic";
import { keyCaps } from "./keys.logic";
import { isApple, useShortcutList } from "./shortcuts";

export default function ShortcutsDialog() {
  const { t } = useLingui();
  const listed = useShortcutList().flatMap(({ keys, label, group }) =>
    label ? [{ keys, label, group: group ?? t`General` }] : [],
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && closeOverlay()}
      title={t`Keyboard shortcuts`}
      closeLabel={t`Close`}
      className="max-w-lg"
    >
      <div className="space-y-5 pb-3">
        {grouped(listed).map(([group, members]) => (
          <section key={group}>
            <h3 className="mb-1 text-xs font-medium text-subtle">{group}</h3>
            <dl className="divide-y divide-line">
              {members.map(({ keys, label }) => (
                <div key={keys + label} className="flex min-h-9 items-center justify-between gap-4">
                  <dt className="text-sm">{label}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {keyCaps(keys, isApple).map((cap) => (
                      <Kbd key={cap}>{cap}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
