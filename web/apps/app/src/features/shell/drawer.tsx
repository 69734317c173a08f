import { DialogPrimitive as Dialog } from "@parlance/ui/dialog";
import { Sidebar } from "./sidebar";
import { closeDrawer } from "./sidebar-state";

/** The sidebar over the page, on small screens. Mounted while open. */
export default function Drawer({ label }: { label: string }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && closeDrawer()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 animate-fade bg-backdrop" />
        <Dialog.Popup
          aria-label={label}
          className="fixed inset-y-0 start-0 z-40 w-[min(19rem,calc(100vw-3rem))] animate-slide overflow-hidden border-e border-line bg-sidebar text-fg shadow-lg outline-none"
        >
          <Sidebar />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
