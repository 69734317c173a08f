import { cn } from "@parlance/ui";
import type { ReactNode } from "react";
import { byTheme } from "./roles.logic";
import { usePermissionNames, useThemeNames } from "./use-permission-names";

/** Permissions in plain words, under their themes. */
export function PermissionList<T extends string>({
  permissions,
  renderDetail,
}: {
  permissions: readonly T[];
  /** A second line. */
  renderDetail?: (permission: T) => ReactNode;
}) {
  const nameOf = usePermissionNames();
  const themes = useThemeNames();
  return (
    <div className="space-y-5">
      {byTheme(permissions).map((group) => (
        <section key={group.theme}>
          <h3 className="text-xs font-medium text-subtle">{themes[group.theme]}</h3>
          <ul className={cn("mt-1.5 text-sm", renderDetail ? "space-y-2.5" : "space-y-1.5")}>
            {group.permissions.map((permission) => (
              <li key={permission}>
                {nameOf(permission)}
                {renderDetail?.(permission)}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
