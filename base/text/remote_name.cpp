#include "base/text/remote_name.h"

#include "base/text/lower_case.h"

namespace actionflow {

bool is_remote(std::string_view name) {
  for (const std::string_view scheme : {"https://", "http://", "s3://"})
    if (lower_case(name.substr(0, scheme.size())) == scheme) return true;
  return false;
}

}  // namespace actionflow
