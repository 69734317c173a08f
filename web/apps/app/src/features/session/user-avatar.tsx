import { apiFetch } from "@parlance/api";
import { Avatar, type AvatarProps } from "@parlance/ui";
import { useQuery } from "@tanstack/react-query";

export interface UserAvatarProps {
  id: string;
  name: string;
  /** `avatar_url` of the person; the image needs the bearer token, so an `img` can't fetch it. */
  url: string | null;
  size?: AvatarProps["size"];
}

export const avatarKeys = { all: ["avatars"] as const };

export function UserAvatar({ id, name, url, size }: UserAvatarProps) {
  const { data } = useQuery({
    queryKey: [...avatarKeys.all, url],
    queryFn: async ({ signal }) => {
      const response = await apiFetch(url ?? "", { signal });
      return URL.createObjectURL(await response.blob());
    },
    enabled: url !== null,
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
  });
  return <Avatar id={id} name={name} src={url ? data : null} size={size} />;
}
