import { Trans, useLingui } from "@lingui/react/macro";
import { deleteAvatar, patchSessionUser, setAvatar, type User } from "@parlance/api";
import { Button, toast } from "@parlance/ui";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2, Upload } from "lucide-react";
import { useRef } from "react";
import { avatarKeys, UserAvatar } from "@/features/session/user-avatar";
import { toastError } from "@/lib/errors";
import { AVATAR_TYPES, isAvatarType } from "./image.logic";
import { prepareAvatar } from "./prepare-avatar";

export function AvatarEditor({ user }: { user: User }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);

  const settle = (next: User) => {
    patchSessionUser(next);
    void queries.invalidateQueries({ queryKey: avatarKeys.all });
  };
  const upload = useMutation({
    mutationFn: async (file: File) => {
      const image = await prepareAvatar(file).catch(() => null);
      if (!image) {
        toast.error(t`That file can't be read as a picture.`);
        return null;
      }
      return setAvatar({
        body: image,
        headers: { "Content-Type": image.type },
        bodySerializer: null,
      });
    },
    onSuccess: (next) => {
      if (!next) return;
      settle(next);
      toast.success(t`Picture updated`);
    },
    onError: toastError,
  });
  const remove = useMutation({
    mutationFn: () => deleteAvatar(),
    onSuccess: (next) => {
      settle(next);
      toast.success(t`Picture removed`);
    },
    onError: toastError,
  });

  const choose = (file: File | undefined) => {
    if (!file) return;
    if (!isAvatarType(file.type)) {
      toast.error(t`Choose a PNG, JPEG, WebP or GIF picture.`);
      return;
    }
    upload.mutate(file);
  };

  return (
    <div className="flex flex-wrap items-center gap-5">
      <UserAvatar id={user.id} name={user.name || user.email} url={user.avatar_url} size="xl" />
      <div>
        <div className="flex flex-wrap gap-2">
          <input
            ref={input}
            type="file"
            accept={AVATAR_TYPES.join()}
            aria-label={t`Picture`}
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => {
              choose(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
          <Button pending={upload.isPending} onClick={() => input.current?.click()}>
            <Upload size={16} aria-hidden />
            {user.avatar_url ? <Trans>Change picture</Trans> : <Trans>Upload picture</Trans>}
          </Button>
          {user.avatar_url && (
            <Button
              variant="danger-ghost"
              pending={remove.isPending}
              onClick={() => remove.mutate()}
            >
              <Trash2 size={16} aria-hidden />
              <Trans>Remove</Trans>
            </Button>
          )}
        </div>
        <p className="mt-2 text-[0.8125rem] text-subtle">
          <Trans>PNG, JPEG, WebP or GIF. It is cut to a square.</Trans>
        </p>
      </div>
    </div>
  );
}
