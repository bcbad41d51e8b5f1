// Names of files in folders of servers.
#pragma once

#include <string>
#include <string_view>

namespace actionflow {

// The address of what is called `name`, a path, in the folder of a server, which ends in '/': in an http(s)
// address a '%', '?' or '#' of the name is written as %XX, since there it would say something else. In a
// bucket names are keys as they are.
std::string on_server(std::string_view folder, std::string_view name);

}  // namespace actionflow
