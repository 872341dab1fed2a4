using System.Text.Encodings.Web;
using Exeunt.Accounts;
using Exeunt.Admin;
using Exeunt.Audit;
using Exeunt.Authentication;
using Exeunt.Clients;
using Exeunt.Contracts;
using Exeunt.Feed;
using Exeunt.ForwardAuth;
using Exeunt.Guard;
using Exeunt.Http;
using Exeunt.Jobs;
using Exeunt.Keys;
using Exeunt.OAuth;
using Exeunt.Protocol.Revocations;
using Exeunt.Providers;
using Exeunt.Receipts;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Exeunt.Hosting;

/// <summary>Registers the product. The host brings the ledger's store, the keys and the options, each ready to use.</summary>
public static class ExeuntServices
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds everything that <see cref="ExeuntRoutes"/> needs.</summary>
        /// <param name="options">Checked; the issuer is settled once the ledger is open.</param>
        /// <param name="clock">The ledger's.</param>
        /// <param name="store">The open ledger. Asked for once, when something first needs it: it may still be opening while the host is put together.</param>
        /// <param name="index">Holding every revocation of the store.</param>
        /// <param name="keys">The server's keys, asked for like the ledger.</param>
        public void AddExeunt(ExeuntOptions options, LedgerClock clock, Func<ILedgerStore> store, RevocationIndex index, Func<KeyRing> keys)
        {
            services.AddSingleton(options);
            services.AddSingleton(_ => store());
            services.AddSingleton(clock);
            services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            services.AddSingleton(index);
            services.AddSingleton(_ => keys());
            services.AddSingleton(provider => provider.GetRequiredService<KeyRing>().Secrets);
            services.AddSingleton(provider => provider.GetRequiredService<KeyRing>().Signing);
            services.AddSingleton<RevokeKey>();
            services.AddSingleton(_ => new RevocationRules(options, options.Server.Issuer!));
            services.TryAddSingleton(provider =>
            {
                var memory = provider.GetService<NodeMemoryKeeper>();
                var news = provider.GetRequiredService<NewsReader>();
                return new Ledger(provider.GetRequiredService<ILedgerStore>(), revocations => Committed(revocations, index, memory, news), provider.GetRequiredService<ILogger<Ledger>>());
            });

            services.AddSingleton<Revoker>();
            services.AddSingleton(provider => new TokenMint(
                options, provider.GetRequiredService<ServerKeys>(), provider.GetRequiredService<SigningKeys>(), provider.GetRequiredService<BearerTokens>().Remember));
            services.AddSingleton<OpenSession>();
            services.AddSingleton<RefreshSession>();
            services.AddSingleton<SessionCookie>();
            services.AddSingleton<TokenAnswer>();
            services.AddSingleton<SessionStreams>();
            services.TryAddSingleton<Passwords>();
            services.AddSingleton<PasswordPolicy>();
            services.AddSingleton<SignInThrottle>();
            services.AddSingleton<RegistrationThrottle>();
            services.AddSingleton<SignIn>();
            services.AddSingleton<Register>();
            services.AddSingleton<ChangePassword>();
            services.AddSingleton<FailureAudit>();
            services.AddHostedService(provider => provider.GetRequiredService<FailureAudit>());
            services.AddSingleton<Logouts>();

            services.AddExeuntHttp(options);
            services.AddProviders();
            services.AddSingleton<OwnEnding>();
            services.AddSingleton<BearerTokens>();
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<NodeFreshness>(provider, TimeProvider.System));
            services.AddBearer();
            services.AddAuthorizationBuilder().AddPolicy(User.AdminRole, policy => policy.AddRequirements(new AdminRequirement()));
            services.AddSingleton<IAuthorizationHandler, AdminPolicy>();
            services.AddAdministration();
            services.AddFeed();
            services.AddForwardAuthAndOAuth();
            services.AddJobs();
        }

        private void AddProviders()
        {
            services.AddSingleton<ProviderTokens>();
            services.AddSingleton<MirrorSession>();
            services.AddSingleton<OutsideUpkeep>();
            services.AddHostedService(provider => provider.GetRequiredService<OutsideUpkeep>());
        }

        // AddAuthentication would bring Data Protection along, which reads or makes keys in the home folder at every start, for cookies that we do not have.
        private void AddBearer()
        {
            services.AddAuthenticationCore(authentication =>
            {
                authentication.DefaultScheme = BearerHandler.SchemeName;
                authentication.AddScheme<BearerHandler>(BearerHandler.SchemeName, displayName: null);
            });
            services.AddTransient<BearerHandler>();
            services.TryAddSingleton(UrlEncoder.Default);
        }

        private void AddFeed()
        {
            services.AddSingleton<ClientAuthentication>();
            services.AddSingleton<ConnectedGuards>();
            services.AddSingleton<RevocationFeed>();
            services.AddSingleton<FeedSnapshot>();
            services.AddSingleton<FeedStream>();
            services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<Enforcement>(provider, TimeProvider.System));
            services.AddHostedService<FeedHeart>();
            services.AddHostedService(provider => ActivatorUtilities.CreateInstance<GuardExchange>(provider, TimeProvider.System));
        }

        private void AddForwardAuthAndOAuth()
        {
            services.AddSingleton<CheckRefreshToken>();
            services.AddSingleton<ForwardAuthCheck>();
            services.AddSingleton<OAuthClients>();
            services.AddSingleton<RevokeToken>();
            services.AddSingleton<IntrospectToken>();
        }

        private void AddAdministration()
        {
            services.AddSingleton<DisableAccount>();
            services.AddSingleton<EnableAccount>();
            services.AddSingleton<EraseAccount>();
            services.AddSingleton<AddAccount>();
            services.AddSingleton<StepUp>();
            services.AddSingleton<VerifyEndpoint>();
            services.AddSingleton<AddClient>();
            services.AddSingleton<RemoveClient>();
            services.AddSingleton<ResetPassword>();
            services.AddSingleton<ErasePersonal>();
            services.AddSingleton<SignCheckpoint>();
            services.AddSingleton(provider => new VerifyAudit(provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<SigningKeys>()));
            services.AddSingleton(provider => new ExportAudit(provider.GetRequiredService<ILedgerStore>()));
            services.AddSingleton(provider => new ReportAudit(provider.GetRequiredService<ILedgerStore>(), provider.GetRequiredService<LedgerClock>()));
        }

        private void AddJobs()
        {
            services.AddSingleton<IJob, ExpireSessions>();
            services.AddSingleton<IJob, SweepCutOffs>();
            services.AddSingleton<IJob, PurgeExpired>();
            services.AddSingleton<IJob, CutAudit>();
            services.AddSingleton<IJob, CheckpointAudit>();
            services.AddSingleton<IJob, TrimIndex>();
            services.AddSingleton<RotateKeys>();
            services.AddSingleton<IJob>(provider => provider.GetRequiredService<RotateKeys>());
            services.AddSingleton<NewsReader>();
            services.AddHostedService(provider => provider.GetRequiredService<NewsReader>());
            services.AddHostedService<JobScheduler>();
        }
    }

    // Before anybody is answered: refuse the tokens; then, off the request's path, tell the guards and remember it outside the database. Whatever fails here,
    // the reader of the log is woken: it stands before these and takes them in from there.
    internal static void Committed(IReadOnlyList<Revocation> revocations, RevocationIndex index, NodeMemoryKeeper? memory, NewsReader news)
    {
        try
        {
            index.Apply(revocations);
        }
        finally
        {
            news.Ring();
        }

        memory?.Ring(revocations);
    }
}
