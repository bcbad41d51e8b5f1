// Every case of wrong_configs.txt gives exactly the messages that stand under it, all in one run.
//
//   == what is wrong
//   ++ an override, if any
//   the YAML
//   -- one line an error: line:column: message (or the override's own place)
#include <gmock/gmock.h>

#include <fstream>

#include "tests/base/config/config_test_structs.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

struct Case {
  std::string name;
  std::string yaml;
  std::vector<config::Override> overrides;
  std::vector<std::string> errors;
};

std::vector<Case> read_cases() {
  std::ifstream file(project_root() / "tests/base/config/wrong_configs.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== ")) {
      cases.push_back({line.substr(3), {}, {}, {}});
    } else if (line.starts_with("++ ")) {
      config::Override change;
      EXPECT_TRUE(config::parse_override(line.substr(3), change)) << line;
      cases.back().overrides.push_back(change);
    } else if (line.starts_with("-- ")) {
      cases.back().errors.push_back(line.substr(3));
    } else {
      cases.back().yaml += line + "\n";
    }
  }
  return cases;
}

// The lines of the message that name a place, without the file's name.
std::vector<std::string> errors_of(const Case& wrong) {
  std::vector<std::string> errors;
  try {
    read_root(config::parse(wrong.yaml, "case.yaml", {}, wrong.overrides));
  } catch (const config::ConfigError& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::usage);
    std::istringstream text(error.what());
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("case.yaml:")) errors.push_back(line.substr(10));
      if (line.starts_with("override ")) errors.push_back(line);
    }
  }
  return errors;
}

class WrongConfigs : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("ACTIONFLOW_TEST_UNSET");
    setenv("ACTIONFLOW_TEST_SECRET", "swordfish", 1);
  }
};

TEST_F(WrongConfigs, EachGivesItsMessagesWithTheirPlacesAndNoOther) {
  const std::vector<Case> cases = read_cases();
  EXPECT_GE(cases.size(), 100u);
  for (const Case& wrong : cases) {
    EXPECT_FALSE(wrong.errors.empty()) << wrong.name;
    EXPECT_THAT(errors_of(wrong), ::testing::ElementsAreArray(wrong.errors)) << wrong.name;
  }
}

TEST_F(WrongConfigs, NoneShowsASecretOrAPassword) {
  for (const Case& wrong : read_cases()) {
    try {
      read_root(config::parse(wrong.yaml, "case.yaml", {}, wrong.overrides));
    } catch (const config::ConfigError& error) {
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("swordfish"))) << wrong.name;
      EXPECT_THAT(error.what(), ::testing::Not(::testing::HasSubstr("me:secret"))) << wrong.name;
    }
  }
}

}  // namespace
}  // namespace actionflow::testing
