#include "base/files/temporary_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace actionflow {

TemporaryFolder::TemporaryFolder(const std::string& word) {
  std::string name = (std::filesystem::temp_directory_path() / (word + "-XXXXXX")).string();
  if (mkdtemp(name.data()) == nullptr)
    throw Error(ExitCode::failure,
                fmt::format("{} cannot be made: {}", name, std::generic_category().message(errno)));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace actionflow
