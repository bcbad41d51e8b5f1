#include "pipeline/graph/share_options.h"

namespace actionflow {

void ShareOptions::describe(config::Fields<ShareOptions>& fields) {
  describe_address(fields);
  fields
      .add("group", &ShareOptions::group,
           "what the group's topics begin with; the same on all of its machines")
      .required();
  fields
      .add("capacity", &ShareOptions::capacity,
           "how many cameras this machine takes, compared with the others")
      .more_than(0)
      .at_most(1000);
}

void ShareOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  ReceiverCheck check(value, diagnostics);
  check_address(check);
  if (!usable_prefix(group))
    check.wrong("group", "group is '" + group + "', expected words parted by /, without + and #");
}

}  // namespace actionflow
