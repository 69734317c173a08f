import { useLingui } from "@lingui/react/macro";
import { cn, MenuButton } from "@parlance/ui";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";

/** What can be done with a row of a list: edit it, delete it. */
export function RowMenu({
  name,
  className,
  onEdit,
  onDelete,
}: {
  name: string;
  className?: string;
  onEdit: () => void;
  onDelete: () => void;
}) {
  const { t } = useLingui();
  return (
    <MenuButton
      align="end"
      aria-label={t`Options for ${name}`}
      className={cn(
        "-me-1.5 grid size-9 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-fg touch:size-11",
        className,
      )}
      items={[
        { label: t`Edit`, icon: <Pencil size={16} aria-hidden />, onSelect: onEdit },
        "separator",
        {
          label: t`Delete`,
          icon: <Trash2 size={16} aria-hidden />,
          danger: true,
          onSelect: onDelete,
        },
      ]}
    >
      <Ellipsis size={18} aria-hidden />
    </MenuButton>
  );
}
