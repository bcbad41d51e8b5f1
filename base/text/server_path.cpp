#include "base/text/server_path.h"

#include "base/text/lower_case.h"

namespace actionflow {

std::string on_server(std::string_view folder, std::string_view name) {
  std::string address(folder);
  if (!lower_case(folder.substr(0, 4)).starts_with("http")) return address += name;
  for (const char c : name) {
    if (c == '%')
      address += "%25";
    else if (c == '?')
      address += "%3F";
    else if (c == '#')
      address += "%23";
    else
      address += c;
  }
  return address;
}

}  // namespace actionflow
