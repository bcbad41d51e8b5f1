// Who is answered.
#include "pipeline/web/web_access.h"

#include <gtest/gtest.h>

#include "pipeline/graph/web_options.h"
#include "tests/tools/moved_clock.h"

namespace actionflow::testing {
namespace {

constexpr const char* kToken = "0123456789abcdef";

HttpRequest request(std::map<std::string, std::string> headers, const std::string& method = "GET",
                    const std::string& path = "/api/streams") {
  HttpRequest made;
  made.method = method;
  made.path = path;
  made.peer = "127.0.0.1";
  headers.try_emplace("Host", "localhost:8080");
  made.header = [headers](const std::string& name) {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  };
  return made;
}

int status(WebAccess& access, const HttpRequest& asked) {
  const auto refusal = access.refusal(asked);
  return refusal ? refusal->status : 200;
}

TEST(WebAccess, WithoutATokenOnlyNamesOfThisMachineAreAnswered) {
  WebAccess access("");
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:1", "127.8.8.8", "[::1]:8080"})
    EXPECT_EQ(status(access, request({{"Host", host}})), 200) << host;
  for (const char* host : {"", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
                           "192.168.1.2", "[::2]:8080", "[::1].evil.example", "127.evil.example"})
    EXPECT_EQ(status(access, request({{"Host", host}})), 403) << host;
}

TEST(WebAccess, PagesOfOtherSitesAreRefusedWhateverTheyBring) {
  WebAccess open("");
  WebAccess locked(kToken);
  const std::string bearer = std::string("Bearer ") + kToken;
  const std::string cookie = std::string("actionflow=") + kToken;
  for (const std::map<std::string, std::string>& from :
       {std::map<std::string, std::string>{{"Origin", "http://evil.example"}},
        {{"Origin", "null"}},
        {{"Origin", "http://localhost:9999"}},
        {{"Sec-Fetch-Site", "cross-site"}},
        {{"Sec-Fetch-Site", "same-site"}}}) {
    EXPECT_EQ(status(open, request(from, "POST")), 403);
    EXPECT_EQ(status(open, request(from)), 403);
    auto with = from;
    with["Authorization"] = bearer;
    with["Cookie"] = cookie;
    EXPECT_EQ(status(locked, request(with, "POST")), 403);
  }
  EXPECT_EQ(
      status(open, request({{"Origin", "http://localhost:8080"}, {"Sec-Fetch-Site", "same-origin"}}, "POST")),
      200);
  EXPECT_EQ(status(open, request({{"Sec-Fetch-Site", "none"}})), 200) << "typed by hand";
  EXPECT_EQ(
      status(open, request({{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Mode", "navigate"}}, "GET", "/")),
      200)
      << "a link";
}

TEST(WebAccess, ATokenIsAskedForOfEveryone) {
  WebAccess access(kToken);
  EXPECT_EQ(status(access, request({})), 401);
  EXPECT_EQ(status(access, request({}, "GET", "/healthz")), 401);
  EXPECT_EQ(
      status(access, request({{"Authorization", std::string("Bearer ") + kToken}, {"Host", "cams.example"}})),
      200);
  EXPECT_EQ(status(access, request({{"Cookie", std::string("other=1; actionflow=") + kToken}})), 200);
  for (const char* wrong : {"Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcdef0",
                            "Basic 0123456789abcdef", "Bearer 0123456789abcdef0123456789abcdef"})
    EXPECT_EQ(status(access, request({{"Authorization", wrong}})), 401) << wrong;
  EXPECT_EQ(status(access, request({{"Cookie", "xactionflow=0123456789abcdef"}})), 401);

  HttpRequest login = request({}, "POST", "/login");
  login.body = "wrong";
  EXPECT_EQ(access.log_in(login).status, 401);
  login.body = std::string(kToken) + "\n";
  const HttpAnswer answer = access.log_in(login);
  EXPECT_EQ(answer.status, 204);
  ASSERT_EQ(answer.headers.front().first, "Set-Cookie");
  EXPECT_EQ(answer.headers.front().second,
            "actionflow=0123456789abcdef; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000");
}

TEST(WebAccess, APeerIsHeardSoOften) {
  MovedClock clock;
  WebAccess access("", clock);
  int heard = 0;
  while (status(access, request({})) == 200) ++heard;
  EXPECT_EQ(heard, static_cast<int>(WebAccess::kBurst));
  EXPECT_EQ(status(access, request({})), 429);
  HttpRequest other = request({});
  other.peer = "192.168.1.2";
  EXPECT_EQ(status(access, other), 200);
  clock.pass(1);
  heard = 0;
  while (status(access, request({})) == 200) ++heard;
  EXPECT_EQ(heard, static_cast<int>(WebAccess::kRate));
}

TEST(WebAccess, WhoGuessesTokensIsToldToWait) {
  MovedClock clock;
  WebAccess access(kToken, clock);
  const auto bearer = [](const std::string& token) {
    return request({{"Authorization", "Bearer " + token}});
  };
  HttpRequest login = request({}, "POST", "/login");
  for (int guess = 0; guess < static_cast<int>(WebAccess::kGuesses); ++guess) {
    login.body = "wrong" + std::to_string(guess);
    EXPECT_EQ(guess % 2 ? status(access, bearer(login.body)) : access.log_in(login).status, 401);
  }
  const auto refusal = access.refusal(bearer("wrong"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->headers.front(), (std::pair<std::string, std::string>("Retry-After", "10")));
  EXPECT_EQ(status(access, bearer(kToken)), 200) << "others may have its address, too";
  EXPECT_EQ(access.log_in(login).status, 429);
  EXPECT_EQ(status(access, request({})), 401) << "who guesses nothing is asked for it";
  HttpRequest other = bearer(kToken);
  other.peer = "192.168.1.2";
  EXPECT_EQ(status(access, other), 200);
  clock.pass(10);
  EXPECT_EQ(status(access, bearer("wrong")), 401);
  EXPECT_EQ(status(access, bearer("wrong")), 429);
  clock.pass(10);
  EXPECT_EQ(status(access, bearer(kToken)), 200);
}

TEST(WebAccess, AnOpenPageWithAnOldTokenIsOneGuess) {
  MovedClock clock;
  WebAccess access(kToken, clock);
  for (int look = 0; look < 50; ++look)
    EXPECT_EQ(status(access, request({{"Cookie", "actionflow=0123456789abcdee"}})), 401);
  HttpRequest login = request({{"Cookie", "actionflow=0123456789abcdee"}}, "POST", "/login");
  login.body = kToken;
  EXPECT_EQ(access.log_in(login).status, 204);
}

TEST(WebOptions, BeyondThisMachineATokenIsNeeded) {
  const auto wrong = [](const std::string& listen, const std::string& token) {
    WebOptions options;
    options.listen = listen;
    options.token = token;
    return options.wrong_listen() + options.wrong_token();
  };
  for (const char* here : {"8080", "127.0.0.1:8080", "[::1]:80", "localhost:0"})
    EXPECT_EQ(wrong(here, ""), "") << here;
  for (const char* out : {"0.0.0.0:8080", "[::]:8080", "192.168.1.2:8080", "cams.example:80"}) {
    EXPECT_NE(wrong(out, "").find("expected a token"), std::string::npos) << out;
    EXPECT_EQ(wrong(out, kToken), "") << out;
  }
  EXPECT_NE(wrong("8080", "short"), "");
  EXPECT_NE(wrong("8080", "0123456789abcde;"), "") << "no cookie holds it";
  for (const char* none :
       {"", "here", "127.0.0.1", "1.2.3.4:99999", "::1:80", "[127.0.0.1]:80", "a b:80", ":80"})
    EXPECT_NE(wrong(none, kToken), "") << none;
}

TEST(WebOptions, StandInAPipelineFileAndTellTheirPlace) {
  config::Diagnostics diagnostics;
  config::read<WebOptions>(config::parse("listen: 0.0.0.0:80", "p.yaml"), diagnostics);
  ASSERT_EQ(diagnostics.list().size(), 1U);
  EXPECT_EQ(diagnostics.list().front().place.line, 1);
  WebOptions options;
  options.token = std::string(kToken);
  EXPECT_EQ(config::print(options).find(kToken), std::string::npos) << "never shown";
}

}  // namespace
}  // namespace actionflow::testing
