/**
 * The interactive reference of the HTTP API, served at /api/docs/. Everything comes from this server:
 * no validator badge, no fonts or scripts from elsewhere.
 */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./styles.css";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => {
  document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  document.documentElement.classList.toggle("dark-mode", dark.matches);
};
follow();
dark.addEventListener("change", follow);

const domNode = document.querySelector("#reference");
if (domNode) {
  SwaggerUI({
    url: "/api/openapi.json",
    domNode,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
}
