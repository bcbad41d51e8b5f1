// The page's files, which stand in pipeline/web/assets and are compiled in.
#pragma once

#include <string_view>

namespace actionflow {

struct Asset {
  std::string_view type;
  std::string_view content;
};

// "page.html", "page.css", "page.js", "timeline.js", "settings.js", "login.html", "openapi.json"; null for
// any other name.
const Asset* find_asset(std::string_view name);

}  // namespace actionflow
