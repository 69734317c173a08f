import { useLingui } from "@lingui/react/macro";
import type { Conversation } from "@parlance/api";
import { Button } from "@parlance/ui";
import { Users, UserPlus } from "lucide-react";
import { lazy, Suspense, useState } from "react";

const load = () => import("./share-dialog");
const ShareDialog = lazy(load);

/** Opens the window in which the owner shares a conversation. */
export function ShareButton({ conversation }: { conversation: Conversation }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const Icon = conversation.shared ? Users : UserPlus;
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        className="ms-auto shrink-0"
        aria-haspopup="dialog"
        aria-label={conversation.shared ? t`Share, shared with others` : t`Share`}
        onPointerEnter={() => void load()}
        onFocus={() => void load()}
        onClick={() => setOpen(true)}
      >
        <Icon size={16} aria-hidden />
        <span className="max-sm:sr-only">{conversation.shared ? t`Shared` : t`Share`}</span>
      </Button>
      {open && (
        <Suspense fallback={null}>
          <ShareDialog conversation={conversation} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
