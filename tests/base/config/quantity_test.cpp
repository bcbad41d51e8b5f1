#include "base/config/quantity.h"

#include <gtest/gtest.h>

namespace actionflow {
namespace {

struct Store {
  ByteSize limit{64'000'000};
  Duration keep{30 * 86400.};
  static void describe(config::Fields<Store>& fields) {
    fields.add("limit", &Store::limit, "bytes on disk").at_least(1000);
    fields.add("keep", &Store::keep, "how long").more_than(0);
  }
};

Store read(const std::string& yaml) {
  config::Diagnostics diagnostics;
  const auto store = config::read<Store>(config::parse(yaml, "a.yaml"), diagnostics);
  diagnostics.throw_if_any();
  return store;
}

std::string error_of(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return "none";
}

TEST(Quantity, IsANumberWithItsUnit) {
  EXPECT_EQ(read("limit: 2 GB").limit.bytes, 2'000'000'000);
  EXPECT_EQ(read("limit: 1.5MiB").limit.bytes, 1'572'864);
  EXPECT_EQ(read("limit: 100 mb").limit.bytes, 100'000'000);
  EXPECT_EQ(read("limit: 4096").limit.bytes, 4096);
  EXPECT_DOUBLE_EQ(read("keep: 30 d").keep.seconds, 2'592'000);
  EXPECT_DOUBLE_EQ(read("keep: 250ms").keep.seconds, 0.25);
  EXPECT_DOUBLE_EQ(read("keep: 5 min").keep.seconds, 300);
  EXPECT_DOUBLE_EQ(read("keep: 90").keep.seconds, 90);
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* bad : {"limit: much", "limit: 3 parsecs", "limit: -1 GB", "limit: 1e300 TB", "limit: [1]",
                          "limit: .nan", "limit: 10 B", "limit: 0x10", "limit: ''"}) {
    EXPECT_NE(error_of(bad).find("expected a size such as 64 MB, at least 1 kB"), std::string::npos)
        << bad << ": " << error_of(bad);
  }
  EXPECT_NE(error_of("keep: 0 s").find("keep is '0 s', expected a duration such as 30 s, more than 0 s"),
            std::string::npos)
      << error_of("keep: 0 s");
}

TEST(Quantity, IsPrintedAsItCanBeRead) {
  EXPECT_EQ(to_string(ByteSize{64'000'000}), "64 MB");
  EXPECT_EQ(to_string(ByteSize{1536}), "1536 B");
  EXPECT_EQ(to_string(Duration{2'592'000}), "30 d");
  EXPECT_EQ(to_string(Duration{0.25}), "250 ms");
  const Store store;
  const Store again = read(config::print(store));
  EXPECT_EQ(again.limit, store.limit);
  EXPECT_EQ(again.keep, store.keep);
}

TEST(Quantity, HasASchemaAndHelp) {
  EXPECT_NE(config::json_schema<Store>().find(R"("default": "64 MB")"), std::string::npos);
  EXPECT_EQ(
      config::help<Store>(),
      "limit: text or number; default 64 MB. bytes on disk\nkeep: text or number; default 30 d. how long\n");
}

}  // namespace
}  // namespace actionflow
