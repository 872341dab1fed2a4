using Exeunt.Audit;
using Microsoft.AspNetCore.Http;

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
                var printable = agent.Length == 0 ? null : string.Concat(agent.Take(LongestUserAgent).Where(c => !char.IsControl(c)));
                return new(http.Connection.RemoteIpAddress?.MapToIPv6Or4(), printable);
            }
        }
    }

    // One person must not look like two because one proxy speaks IPv6.
    private static string MapToIPv6Or4(this System.Net.IPAddress address) =>
        (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
