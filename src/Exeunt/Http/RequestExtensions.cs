using Exeunt.Accounts;
using Exeunt.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Exeunt.Http;

internal static class RequestExtensions
{
    private const int LongestUserAgent = 400;

    extension(HttpContext http)
    {
        /// <summary>Where the request came from. The address has been through the trusted proxies already.</summary>
        public Origin Origin
        {
            get
            {
                var agent = http.Request.Headers.UserAgent.ToString();
                var printable = agent.Length == 0 ? null : string.Concat(agent.Take(LongestUserAgent).Where(c => !Fields.MisleadsReaders(c) && !char.IsSurrogate(c)));
                return new(http.Connection.RemoteIpAddress?.MapToIPv6Or4(), printable);
            }
        }

        /// <summary>The pattern of the route that answers, such as <c>/api/v1/sessions/{sid}</c>: what logs name a request by, as nobody outside writes it.</summary>
        public string RoutePattern => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";

        /// <summary>Answers 429 and says in whole seconds when to come back.</summary>
        public IResult TooManyRequests(TimeSpan retryAfter, string? why = null)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds));
            http.Response.Headers.RetryAfter = seconds.ToString();
            return Problems.TooManyRequests($"{(why is null ? "" : why + " ")}Try again in {seconds} seconds.");
        }
    }

    // One person must not look like two because one proxy speaks IPv6.
    private static string MapToIPv6Or4(this System.Net.IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
